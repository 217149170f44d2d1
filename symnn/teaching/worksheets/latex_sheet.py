r"""A worksheet as a LaTeX document: lines for a name and a date, room to write, page numbers."""

from __future__ import annotations

from collections.abc import Iterator

from symnn.teaching.documents.escaping import escaped
from symnn.teaching.documents.preamble import PREAMBLES
from symnn.teaching.working_pages import latex_of
from symnn.teaching.worksheets.content import (
    Block,
    Given,
    Items,
    Lines,
    Question,
    Room,
    Sentence,
    Table,
    Worked,
)
from symnn.teaching.worksheets.head import TITLES, about, introduction, title
from symnn.teaching.worksheets.models import Model
from symnn.teaching.worksheets.setting import Setting, joined
from symnn.teaching.worksheets.sheet import Worksheet

_MACROS = r"""\newcommand\blank[1]{\raisebox{-2pt}{\makebox[#1]{\color{rule}\hrulefill}}}
\newcount\emptylines
% Empty lines to write on; they may be parted by the end of a page.
\newcommand\room[1]{\emptylines=#1\loop\ifnum\emptylines>0
  \par\vspace{8mm}{\color{rule}\hrule height 0.3pt}\advance\emptylines by -1\repeat\vspace{3mm}}
\newcommand\question[2]{\par\vfil\penalty-300\vfilneg\vspace{12pt}%
  {\noindent\large\bfseries\color{accent}#1.\ \ #2\par}\nopagebreak\vspace{3pt}}
\newcommand\lettered[2]{\par\vspace{3pt}{\hangindent=2.2em\hangafter=1\raggedright
  \noindent\makebox[2.2em][l]{(#1)}#2\par}}
\newcommand\given[1]{\par\vspace{3pt}{\raggedright\lineskip=5pt\lineskiplimit=5pt
  \noindent\leavevmode #1\par}\vspace{3pt}}
\interlinepenalty=200
\makeatletter
\def\ps@sheet{\def\@oddfoot{\small\color{quiet}\thefootline\hfil\thepage\,/\,\pageref{last}}\let\@evenfoot\@oddfoot
  \let\@oddhead\@empty\let\@evenhead\@empty}
\makeatother
\pagestyle{sheet}
"""


def latex_sheet(sheet: Worksheet, setting: Setting, key: bool) -> str:
    """Return a sheet, or its key, as a LaTeX document for pdflatex."""
    lines = [PREAMBLES["article"], _MACROS]
    lines.append(rf"\newcommand\thefootline{{{escaped(about(sheet))}{' --- key' if key else ''}}}")
    lines.append(r"\begin{document}")
    lines.append(rf"\documenttitle{{{escaped(title(sheet, key))}}}{{{escaped(about(sheet))}}}")
    if not key:
        lines.append(r"\vspace{6pt}\noindent Name: \blank{75mm}\hfill Date: \blank{40mm}\par\vspace{8pt}")
    if not key or sheet.is_rounded:
        lines += [f"{{\\raggedright\\noindent {sentence}\\par}}" for sentence in introduction(sheet, setting)]
    for number, question in enumerate(sheet.questions, 1):
        lines += _question(number, question, sheet, setting, key)
    return "\n".join([*lines, r"\label{last}", r"\end{document}"]) + "\n"


def _question(number: int, question: Question, sheet: Worksheet, setting: Setting, key: bool) -> Iterator[str]:
    yield rf"\question{{{number}}}{{{TITLES[question.kind]}}}"
    if question.kind != "shapes" and not sheet.choice.is_one:
        yield rf"\given{{Here {joined(setting, setting.told(question.model).equations)}.}}"
    for block in question.solution if key else question.task:
        yield _block(block, question.model, setting)


def _block(block: Block, model: Model, setting: Setting) -> str:
    if isinstance(block, Sentence):
        return f"\\par\\noindent {setting.inline(block.parts, model)}\\par"
    if isinstance(block, Items):
        return "\n".join(
            rf"\lettered{{{_letter(place)}}}{{{setting.inline(item, model)}}}" for place, item in enumerate(block.items)
        )
    if isinstance(block, Given):
        equations = " \\quad ".join(setting.marked(equation, model) for equation in block.equations)
        return rf"\given{{{equations}}}"
    if isinstance(block, Lines):
        return _lines(block, model, setting)
    if isinstance(block, Table):
        return _table(block, model, setting)
    if isinstance(block, Worked):
        return latex_of(setting.rows(block))
    if isinstance(block, Room):
        return rf"\room{{{block.lines}}}"
    raise TypeError(type(block).__name__)


def _lines(block: Lines, model: Model, setting: Setting) -> str:
    made = []
    for place, equation in enumerate(block.equations, 1):
        left, right = setting.formula(equation.left, model), setting.formula(equation.right, model)
        made.append((rf"({place})\qquad " if block.numbered else "") + f"{left} &= {right}")
    return "\\begin{align*}\n" + " \\\\\n".join(made) + "\n\\end{align*}"


def _table(block: Table, model: Model, setting: Setting) -> str:
    rows = [" & ".join(setting.inline(cell, model) for cell in row) for row in block.rows]
    head = " & ".join(setting.inline(cell, model) for cell in block.head)
    body = " \\\\[4pt]\n".join(rows)
    columns = "l" + "@{\\qquad}l" * (len(block.head) - 1)
    return (
        f"\\begin{{center}}\\begin{{tabular}}{{{columns}}}\n\\toprule\n{head} \\\\\n\\midrule\n"
        f"{body} \\\\\n\\bottomrule\n\\end{{tabular}}\\end{{center}}"
    )


def _letter(place: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[place % 26] * (place // 26 + 1)
