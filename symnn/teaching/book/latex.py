r"""A book as LaTeX for pdflatex: one document, and the files of its pictures beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symnn.teaching.book.blocks import (
    Block,
    Bullets,
    Code,
    Command,
    Derivation,
    Display,
    Emphasis,
    Equations,
    Heading,
    Note,
    OnePage,
    Paragraph,
    Parts,
    Picture,
    Row,
    Statement,
    Table,
    Worked,
    plain,
)
from symnn.teaching.book.book import Book, file_name
from symnn.teaching.book.chapter import Chapter
from symnn.teaching.book.maths import Maths
from symnn.teaching.documents.article import MARGIN, step_line, why_line
from symnn.teaching.documents.breaking import LONG, breakable
from symnn.teaching.documents.escaping import code, code_line, words
from symnn.teaching.documents.numbers import worked_lines
from symnn.teaching.documents.parts import MARKS, flat, measured, result_lines, under
from symnn.teaching.documents.preamble import ONE_PAGE, PREAMBLES
from symnn.writing.lines import Section
from symnn.writing.sections import Page
from symnn.writing.steps import ShownStage

IN_COLUMN = 24.0
"""Formulas wider than so many letters may break in a column of two."""
PICTURES = "pictures"
"""The folder of the pictures, beside the document."""

_SHORT, _SHORT_PROGRAM = 6, 24
_MACROS = r"""\usepackage{graphicx,framed}
\usepackage[hidelinks,pdfusetitle]{hyperref}
\setcounter{secnumdepth}{0}
\setcounter{tocdepth}{1}
\definecolor{shadecolor}{RGB}{240,244,248}
\definecolor{checkedcolor}{RGB}{236,246,238}
\definecolor{checkedink}{RGB}{20,95,50}
\setlength\parskip{4pt plus 1pt}
\makeatletter
\renewcommand\subsection{\@startsection{subsection}{2}{0pt}{-9pt plus -3pt minus -2pt}{4pt}{\normalsize\bfseries}}
\makeatother
\makeatletter
\def\ps@book{\def\@oddfoot{\small\color{quiet}\booktitle\hfil\thepage}\let\@evenfoot\@oddfoot
  \let\@oddhead\@empty\let\@evenhead\@empty}
\makeatother
\pagestyle{book}
% A chapter begins a page: number, title, what it is about.
\newcommand\chapterhead[3]{\clearpage\phantomsection\addcontentsline{toc}{section}{\protect\makebox[1.6em][l]{#1}#2}%
  {\raggedright\noindent{\Huge\bfseries\color{accent}\makebox[1.2em][l]{#1}#2\par}}\vspace{6pt}%
  {\raggedright\noindent\leavevmode\large\itshape\color{quiet}#3\par}\vspace{4pt}%
  {\color{rule}\hrule height 0.6pt}\vspace{8pt}}
\newcommand\stageheading[1]{\par\penalty-100\vspace{8pt}{\noindent\bfseries $#1$\par}\nopagebreak}
\newcommand\boxtitle[2]{{\noindent\leavevmode\bfseries\color{#1}#2\par}\nopagebreak}
\newenvironment{notebox}[1]{\begin{shaded}\small\boxtitle{accent}{#1}}{\end{shaded}}
% Lines that belong together stand closer than paragraphs.
\newenvironment{closelines}{\par\parskip=1pt\relax}{\par\vspace{4pt}}
% A statement is not broken over pages.
\newsavebox\statedbox
\newenvironment{statementbox}[1]{\par\vspace{8pt}\begin{lrbox}{\statedbox}\begin{minipage}{\linewidth}%
  \parskip=5pt\relax\boxtitle{accent}{#1}}{\end{minipage}\end{lrbox}%
  {\fboxsep=7pt\noindent\hspace*{-\fboxsep}\colorbox{shadecolor}{\usebox\statedbox}\hspace*{-\fboxsep}\par}\vspace{8pt}}
% What was checked stands in two columns, under a bar.
\newcommand\checkedbar{{\noindent\colorbox{checkedcolor}{\makebox[\dimexpr\linewidth-2\fboxsep][l]{%
  \bfseries\color{checkedink}\strut What symnn checked}}\par}}
\newdimen\roomleft
% It begins on another page where there is no room for the bar and some lines.
\newenvironment{checkedbox}{\par\penalty0\roomleft=\pagegoal\advance\roomleft by -\pagetotal
  \ifdim\roomleft<125pt\ifdim\pagetotal>0pt\newpage\fi\fi\vspace{10pt}\checkedbar\nopagebreak\vspace{-4pt}\columnsep=18pt\begin{multicols}{2}%
  \footnotesize\raggedright\raggedcolumns\parskip=2pt}{\end{multicols}}
\newcommand\checkeditem[1]{{\leftskip=1.5em\noindent\llap{\makebox[1.5em][l]{\color{checkedink}$\checkmark$}}#1\par}%
  \vspace{1pt}}
\newcommand\listitem[1]{{\leftskip=1.4em\noindent\llap{\makebox[1.1em][l]{\textbullet}}#1\par}}
\newsavebox\fitbox
\newcommand\fits[2]{\savebox\fitbox{#2}\ifdim\wd\fitbox>#1\resizebox{#1}{!}{\usebox\fitbox}\else\usebox\fitbox\fi}
\newcommand\seen[1]{\par\nopagebreak\vspace{3pt}{\centering\begin{minipage}{0.88\linewidth}\small\color{quiet}%
  \centering #1\par\end{minipage}\par}}
\newcommand\centredblock[1]{\par\penalty-50\vspace{5pt}%
  {\noindent\begin{minipage}{\linewidth}\centering #1\end{minipage}\par}\vspace{5pt}}
\newcommand\exercise[2][-50]{\par\penalty#1\vspace{7pt}{\noindent\bfseries\color{accent}#2\ \ }\ignorespaces}
\newcommand\commandline[1]{\par\vspace{3pt}%
  {\raggedright\noindent\hspace*{1em}\leavevmode\color{quiet}\small\texttt{\$ }#1\par}\vspace{3pt}}
\definecolor{codecolor}{RGB}{245,245,243}
\newenvironment{codebox}{\colorlet{shadecolor}{codecolor}\begin{shaded}\footnotesize\parskip=0pt\relax}{\end{shaded}}
\newenvironment{wholecode}{\par\vspace{6pt}\begin{lrbox}{\statedbox}\begin{minipage}{\linewidth}\footnotesize}{%
  \end{minipage}\end{lrbox}{\fboxsep=7pt\noindent\hspace*{-\fboxsep}\colorbox{codecolor}{\usebox\statedbox}%
  \hspace*{-\fboxsep}\par}\vspace{6pt}}
\newcommand\codeline[1]{{\raggedright\noindent\hangindent=3em\hangafter=1\leavevmode\strut #1\strut\par}}
\newcommand\head[1]{\par\vspace{9pt}%
  \noindent\hbox to\linewidth{\vrule width0pt depth 3.5pt\bfseries\color{accent}#1\hfil}\par
  \nointerlineskip{\color{rule}\hrule height 0.5pt}\vspace{4pt}}
\makeatletter\setlength\@fptop{0pt}\makeatother
\newcommand\pageofitsown[1]{\onesize{#1}\begin{figure}[p]\noindent\usebox\wholepage\end{figure}}
% A displayed line with a reason under it.
\newcommand\displayline[4]{\vspace{3pt}\mathline{#1}{#2}{#3}{#4}}
"""
_PREAMBLE = (
    PREAMBLES["article"].replace("11pt", "10pt").replace("top=22mm,bottom=24mm", "top=16mm,bottom=19mm")
    + _MACROS
    + ONE_PAGE
)


def latex(book: Book) -> str:
    """Return the document; it needs the book's pictures in the folder beside it, as PDF or PNG."""
    body = [
        _cover(book),
        r"{\small\tableofcontents}",
        r"\subsection*{How to read it}",
        *(sentence(parts) + r"\par" for parts in book.preface),
        *_legend(book),
    ]
    for number, chapter in book.numbered():
        body += chapter_lines(chapter, number)
    head = rf"\newcommand\booktitle{{{words(book.title)}}}\title{{{words(book.title)}}}"
    return "\n".join([_PREAMBLE, head, r"\begin{document}", *body, r"\end{document}"]) + "\n"


def _cover(book: Book) -> str:
    return (
        rf"\vspace*{{8mm}}{{\raggedright\noindent{{\fontsize{{26}}{{32}}\selectfont\bfseries\color{{accent}}"
        rf"\parskip=0pt{words(book.title)}\par}}\vspace{{5pt}}"
        rf"{{\Large\color{{quiet}}{words(book.subtitle)}\par}}}}\vspace{{6pt}}"
        r"{\color{rule}\hrule height 0.8pt}\vspace{6mm}"
    )


def _legend(book: Book) -> Iterator[str]:
    for mark, said in book.legend():
        yield rf"{{\leftskip=1.6em\noindent\llap{{\makebox[1.6em][l]{{{MARKS[mark]}}}}}{words(said)}.\par}}"


def chapter_lines(chapter: Chapter, number: int) -> Iterator[str]:
    """Yield a chapter's lines."""
    yield rf"\chapterhead{{{number or ''}}}{{{words(chapter.title)}}}{{{sentence(chapter.lead)}}}"
    for block in chapter.blocks:
        yield from _block(block, number)
    for heading, which, size in (("Exercises", "task", r"\normalsize"), ("Solutions", "solution", r"\small")):
        if chapter.exercises:
            yield rf"\subsection{{{heading}}}{{{size}"
        for place, exercise in enumerate(chapter.exercises, 1):
            # The first stays with the heading.
            yield rf"\exercise{'[10000]' if place == 1 else ''}{{{number or ''}{'.' if number else ''}{place}}}"
            blocks = getattr(exercise, which)
            if blocks and not isinstance(blocks[0], Paragraph):
                yield r"\par\nopagebreak"
            for block in blocks:
                yield from _block(block, number)
        yield r"\par}" if chapter.exercises else ""
    if chapter.held:
        yield r"\begin{checkedbox}"
        yield from (rf"\checkeditem{{{sentence(one.parts)}}}" for one in chapter.held)
        yield r"\end{checkedbox}"


def sentence(parts: Parts) -> str:
    """Return a sentence as LaTeX."""
    return "".join(map(_part, parts))


def _part(part: str | Maths | Emphasis) -> str:
    if isinstance(part, Emphasis):
        return rf"\emph{{{words(part.text)}}}"
    return f"${part.inline}$" if isinstance(part, Maths) else words(part)


def _block(block: Block, number: int) -> Iterator[str]:
    match block:
        case Heading():
            yield rf"\subsection{{{words(block.text)}}}"
        case Paragraph():
            # What announces a formula stands on its page.
            yield sentence(block.parts) + (r"\par\nopagebreak" if plain(block.parts).endswith(":") else r"\par")
        case Bullets():
            yield from (rf"\listitem{{{sentence(item)}}}" for item in block.items)
        case Note():
            yield rf"\begin{{notebox}}{{{words(block.title)}}}"
            yield "\\par\n".join(sentence(one) for one in block.paragraphs)
            yield r"\end{notebox}"
        case Statement():
            yield rf"\begin{{statementbox}}{{{words(block.title)}}}"
            for inner in block.blocks:
                yield from _block(inner, number)
            yield r"\end{statementbox}"
        case Display():
            yield measured(row.left.latex for row in block.rows if row.left)
            # A short chain stands on one page.
            yield (r"\nopagebreak" if len(block.rows) <= _SHORT else "\n").join(map(_row, block.rows))
            yield r"\vspace{3pt}"
        case Equations():
            yield from _equations(block.page("latex"), block.beside)
        case OnePage():
            yield _one_page(block)
        case Derivation():
            yield r"\begin{closelines}"
            yield from map(_stage, block.stages("latex"))
            yield r"\end{closelines}"
        case Worked():
            for _, rows in block.sections("latex"):
                yield rf"\begin{{closelines}}{worked_lines(rows)}\end{{closelines}}"
        case Table():
            yield _table(block)
        case Picture():
            yield _picture(block, number)
        case Command():
            yield rf"\commandline{{{code(block.line)}}}"
        case Code():
            box = "wholecode" if len(block.lines) <= _SHORT_PROGRAM else "codebox"
            yield rf"\begin{{{box}}}"
            yield from (rf"\codeline{{{code_line(line)}}}" for line in block.lines)
            yield rf"\end{{{box}}}"
        case _:
            raise TypeError(type(block).__name__)


def _row(row: Row) -> str:
    why = rf"\small\itshape\color{{quiet}}{sentence(row.why)}" if row.why else ""
    long = len(plain(row.why)) > MARGIN
    left = row.left.latex if row.left else ""
    line = rf"\displayline{{{left}}}{{{row.sign.latex}}}{{{breakable(row.right.latex)}}}{{{'' if long else why}}}"
    return line + rf"\why{{{sentence(row.why)}}}" if long else line


def _equations(page: Page, beside: bool = False) -> Iterator[str]:
    if beside:
        yield r"\par\vspace{4pt}"
        yield _columns(["\n".join(_section(one, IN_COLUMN)) for one in page.sections])
    else:
        for section in page.sections:
            yield from _section(section)
    yield r"\par\vspace{3pt}"
    yield from (rf"{{\small {line}}}" for line in under(page))


def _section(section: Section, long: float = LONG) -> Iterator[str]:
    if section.heading:
        yield rf"\par\vspace{{4pt}}\noindent\textit{{{words(section.heading)}}}\par\nopagebreak"
    yield result_lines(section.lines, long)


def _columns(columns: Sequence[str]) -> str:
    """Return columns beside each other; the second of two, what is derived, is the wider one."""
    widths = [0.97 / len(columns)] * len(columns) if len(columns) != 2 else [0.44, 0.53]
    cells = (
        f"\\begin{{minipage}}[t]{{{width:.3f}\\linewidth}}\n{one}\n\\end{{minipage}}"
        for width, one in zip(widths, columns, strict=True)
    )
    return r"\noindent " + r"\hfill".join(cells) + r"\par"


def _one_page(block: OnePage) -> str:
    """Return a page of its own, which stands after the page that it is met on."""
    page = block.page("latex")
    columns = [rf"\head{{{words(one.heading)}}}" + result_lines(one.lines, IN_COLUMN) for one in page.sections]
    columns[0] += "\n\\vspace{9pt}\n" + "\n".join(under(page))
    intro = "".join(rf"{sentence(one)}\par " for one in block.paragraphs)
    title = rf"{{\raggedright\Large\bfseries\color{{accent}}\leavevmode {words(block.title)}\par}}\vspace{{3pt}}"
    return rf"\pageofitsown{{{title}{intro}{_columns(columns)}}}"


def _stage(stage: ShownStage) -> str:
    rows = [rf"\stageheading{{{flat(stage.heading)}}}", measured(step.left for step in stage.steps)]
    for step in stage.steps:
        rows += [step_line(step), why_line(step, "")]
    return "\n".join(row for row in rows if row)


def _table(block: Table) -> str:
    lines = [" & ".join(map(sentence, row)) + r" \\" for row in block.rows]
    columns = "@{}" + "@{\\quad}".join("r" if _is_numeric(block, n) else "l" for n in range(len(block.head))) + "@{}"
    inner = "\n".join([
        rf"\begin{{tabular}}{{{columns}}}\toprule", " & ".join(map(sentence, block.head)) + r" \\ \midrule", *lines,
        r"\bottomrule\end{tabular}",
    ])  # fmt: skip
    cells = [sentence(cell) for row in block.rows for cell in row]
    stretch = 1.45 if any("^{" in cell and "_{" in cell for cell in cells) else 1.15
    shown = rf"\renewcommand\arraystretch{{{stretch}}}\fits{{\linewidth}}{{{inner}}}"
    return rf"\centredblock{{{shown}{_caption(block.caption)}}}"


def _is_numeric(block: Table, column: int) -> bool:
    """Whether a column has numbers alone."""
    cells = [plain(row[column]) for row in block.rows]
    return all(cell.strip("−-+%. ")[:1].isdigit() for cell in cells if cell)


def _picture(block: Picture, number: int) -> str:
    if block.tikz is not None:
        shown = rf"\fits{{{block.width}\linewidth}}{{{block.tikz()}}}"
    else:
        path = f"{PICTURES}/{file_name(number, block)}"
        shown = rf"\fits{{{block.width}\linewidth}}{{\includegraphics{{{path}}}}}"
    return rf"\centredblock{{{shown}{_caption(block.caption)}}}"


def _caption(parts: Parts) -> str:
    return rf"\seen{{{sentence(parts)}}}" if parts else ""


def pictures(book: Book) -> dict[str, bytes]:
    """Return the files of the pictures that are not drawn by LaTeX itself, by name."""
    drawn = [(name, picture) for name, picture in book.pictures() if picture.tikz is None]
    return {f"{PICTURES}/{name}.pdf": picture.content("pdf") for name, picture in drawn}
