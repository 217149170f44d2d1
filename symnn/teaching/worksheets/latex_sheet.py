r"""A worksheet as a LaTeX document: lines for a name and a date, room to write, page numbers."""

from __future__ import annotations

from collections.abc import Iterator

from symnn.teaching.documents.escaping import escaped
from symnn.teaching.documents.preamble import PREAMBLES
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
from symnn.teaching.worksheets.head import TITLES, about, equations_of, introduction, title
from symnn.teaching.worksheets.models import Model
from symnn.teaching.worksheets.setting import Setting, joined
from symnn.teaching.worksheets.sheet import Worksheet
from symnn.teaching.worksheets.text_sheet import letter_of

_MACROS = r"""\newcommand\sheetblank[1]{\raisebox{-2pt}{\makebox[#1]{\color{rule}\hrulefill}}}
\newcount\sheetlines
% Empty lines to write on; they may be parted by the end of a page.
\newcommand\sheetroom[1]{\sheetlines=#1\loop\ifnum\sheetlines>0
  \par\ifnum\sheetlines=1\nobreak\fi\vspace{8mm}{\color{rule}\hrule height 0.3pt}%
  \advance\sheetlines by -1\repeat\vspace{3mm}}
\newdimen\sheetleft
\newcommand\sheetquestion[3]{\par\penalty-200\sheetleft=\pagegoal\advance\sheetleft by -\pagetotal
  \ifdim\sheetleft<#3\ifdim\pagetotal>0pt\newpage\fi\fi\vspace{12pt}%
  {\noindent\large\bfseries\color{accent}#1.\ \ #2\par}\nopagebreak\vspace{3pt}}
\newcommand\sheetsaid[1]{{\raggedright\everymath{\displaystyle}\noindent #1\par}}
\newcommand\sheetitem[2]{\par\vspace{5pt}{\raggedright\everymath{\displaystyle}\lineskip=4pt\lineskiplimit=4pt
  \leftskip=2.2em\noindent\llap{\makebox[2.2em][l]{#1}}#2\par}}
% Numbers in one line: a row that is wider than the page is set smaller.
\setcounter{MaxMatrixCols}{60}
\newsavebox\sheetbox
\newcommand\sheetfits[1]{\savebox\sheetbox{#1}\ifdim\wd\sheetbox>\linewidth
  \resizebox{\linewidth}{!}{\usebox\sheetbox}\else\usebox\sheetbox\fi}
% What is given stands on the page of what is said of it.
\newcommand\sheetgiven[1]{\par\nopagebreak\vspace{3pt}{\raggedright\lineskip=5pt\lineskiplimit=5pt\interlinepenalty=10000
  \noindent\leavevmode #1\par}\nopagebreak\vspace{3pt}}
% What something equals, step by step: a line ends between two steps where it can.
\newcommand\sheetworked[1]{\par\vspace{1pt}{\raggedright\everymath{\displaystyle}\lineskip=4pt\lineskiplimit=4pt
  \hangindent=5em\hangafter=1\noindent\hspace*{2.2em}#1\par}}
% Equations below each other, with their left sides aligned, at the left.
\newcommand\sheetequations[1]{\par\vspace{6pt}{\jot=5pt\noindent\hspace*{2.2em}$\begin{aligned}#1\end{aligned}$\par}%
  \vspace{6pt}}
\abovedisplayskip=3pt plus 2pt \abovedisplayshortskip=3pt plus 2pt
\belowdisplayskip=5pt plus 2pt \belowdisplayshortskip=5pt plus 2pt
\interlinepenalty=200
\makeatletter
\def\ps@sheet{\def\@oddfoot{\small\color{quiet}\sheetfoot\hfil\thepage\,/\,\pageref{last}}\let\@evenfoot\@oddfoot
  \let\@oddhead\@empty\let\@evenhead\@empty}
\makeatother
\pagestyle{sheet}
"""
_KEPT = {(False, False): "75mm", (False, True): "135mm", (True, False): "40mm", (True, True): "62mm"}
"""A question begins on another page where less than this is left: of a sheet or a key; a derivation stays together."""
_TOGETHER = 6
"""A list of so few answers is not parted by the end of a page."""


def latex_sheet(sheet: Worksheet, setting: Setting, key: bool) -> str:
    """Return a sheet, or its key, as a LaTeX document for pdflatex."""
    lines = [PREAMBLES["article"], _MACROS]
    lines.append(rf"\newcommand\sheetfoot{{{escaped(about(sheet))}{' --- key' if key else ''}}}")
    lines.append(r"\begin{document}")
    lines.append(rf"\documenttitle{{{escaped(title(sheet, key))}}}{{{escaped(about(sheet))}}}")
    if not key:
        lines.append(r"\vspace{6pt}\noindent Name: \sheetblank{75mm}\hfill Date: \sheetblank{40mm}\par\vspace{8pt}")
    lines += [rf"\sheetsaid{{{sentence}}}" for sentence in introduction(sheet, setting, key)]
    for number, question in enumerate(sheet.questions, 1):
        lines += _question(number, question, sheet, setting, key)
    return "\n".join([*lines, r"\label{last}", r"\end{document}"]) + "\n"


def _question(number: int, question: Question, sheet: Worksheet, setting: Setting, key: bool) -> Iterator[str]:
    kept = _KEPT[key, question.kind == "mistake"]
    yield rf"\sheetquestion{{{number}}}{{{TITLES[question.kind]}}}{{{kept}}}"
    if said := equations_of(question, sheet, setting, key):
        yield rf"\sheetgiven{{Here {joined(setting, said)}.}}"
    for block in question.solution if key else question.task:
        yield _block(block, question.model, setting)


def _block(block: Block, model: Model, setting: Setting) -> str:
    if isinstance(block, Sentence):
        return f"\\par\\vspace{{5pt}}\\noindent {setting.inline(block.parts, model)}\\par"
    if isinstance(block, Items):
        return _items(block, model, setting)
    if isinstance(block, Given):
        equations = " \\quad ".join(rf"\sheetfits{{{setting.marked(equation, model)}}}" for equation in block.equations)
        return rf"\sheetgiven{{{equations}}}"
    if isinstance(block, Lines):
        return _lines(block, model, setting)
    if isinstance(block, Table):
        return _table(block, model, setting)
    if isinstance(block, Worked):
        return _worked(block, setting)
    if isinstance(block, Room):
        return rf"\sheetroom{{{block.lines}}}"
    raise TypeError(type(block).__name__)


def _items(block: Items, model: Model, setting: Setting) -> str:
    made = []
    for place, item in enumerate(block.items):
        letter = "" if block.first is None else f"({letter_of(place + block.first)})"
        made.append(rf"\sheetitem{{{letter}}}{{{setting.inline(item, model)}}}")
    # A short list stays together, and with what it belongs to.
    together = "\\par\\nopagebreak\n" if len(made) <= _TOGETHER else ""
    return together + f"\n{together}".join(made)


def _worked(block: Worked, setting: Setting) -> str:
    made = []
    for _, rows in setting.rows(block):
        for row in rows:
            sign = r"\leftarrow" if row.is_update else "="
            first, *others = row.steps
            steps = [f"${row.left} {sign} {first}$", *(f"${{}}= {step}$" for step in others)]
            made.append(rf"\sheetworked{{{' '.join(steps)}}}")
    return "\n".join(made)


def _lines(block: Lines, model: Model, setting: Setting) -> str:
    made = []
    for place, equation in enumerate(block.equations, 1):
        left, right = setting.formula(equation.left, model), setting.formula(equation.right, model)
        made.append((rf"({place})\quad &&" if block.numbered else "") + f"{left} &= {right}")
    return "\\sheetequations{" + " \\\\\n".join(made) + "}"


def _table(block: Table, model: Model, setting: Setting) -> str:
    rows = [" & ".join(setting.inline(cell, model) for cell in row) for row in block.rows]
    head = " & ".join(setting.inline(cell, model) for cell in block.head)
    body = " \\\\[4pt]\n".join(rows)
    columns = "l" + "@{\\qquad}l" * (len(block.head) - 1)
    return (
        f"\\begin{{center}}\\begin{{tabular}}{{{columns}}}\n\\toprule\n{head} \\\\\n\\midrule\n"
        f"{body} \\\\\n\\bottomrule\n\\end{{tabular}}\\end{{center}}"
    )
