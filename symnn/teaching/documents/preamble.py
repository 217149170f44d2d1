r"""What stands before \begin{document}: packages of plain texlive, colours, and how a line of a derivation is set.

A line is a paragraph: left side, sign, right side, and at the right margin the rule's name. TeX breaks it
where it may break (see `symnn.teaching.documents.breaking`), and puts the name on a line of its own where it
has no room.
"""

from __future__ import annotations

_PACKAGES = r"""\usepackage{amsmath,amssymb,bm,booktabs,array,longtable,multicol}
\usepackage{textcomp,xcolor,tikz}
\IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{}
"""

_COLOURS = r"""\definecolor{accent}{RGB}{20,70,120}
\definecolor{quiet}{gray}{0.38}
\definecolor{rule}{gray}{0.75}
"""

_LINES = r"""\newcommand\rules[1]{{\itshape\color{accent}#1.}\ }
\newlength\leftside
\newlength\onewidth
% The left sides of the lines that follow each other are as wide as the widest of them.
\newcommand*\beginlines{\leftside=0pt\relax}
\newcommand*\wide[1]{\settowidth\onewidth{$\displaystyle #1$}\ifdim\onewidth>\leftside\leftside=\onewidth\fi}
% What stands at the right margin, where there is room; else on the next line.
\newcommand*\atmargin[1]{\unskip\nobreak\hfill\penalty50\hskip1.5em\hbox{}\nobreak\hfill\hbox{#1}}
% A line: left side, sign, right side, what stands at the right margin.
\newcommand\mathline[4]{\par{\noindent\binoppenalty=10000\relpenalty=10000\linepenalty=100
  \tolerance=9999\hyphenpenalty=10000\interlinepenalty=300
  \rightskip=0pt plus 0.7\linewidth\parfillskip=0pt plus 1fil\relax
  \lineskiplimit=4pt\lineskip=5pt\hangindent=\dimexpr\leftside+3.4em\relax\hangafter=1
  \hbox to\leftside{\hfil$\displaystyle #1$}\hbox to1.8em{\hfil$#2$\hfil}%
  $\displaystyle #3$\def\margin{#4}\ifx\margin\empty\else\atmargin{\margin}\fi\par}}
"""

_ARTICLE = r"""\documentclass[a4paper,11pt]{article}
<packages>
\usepackage[margin=24mm,top=22mm,bottom=24mm]{geometry}
\setlength\parindent{0pt}
\setlength\parskip{4pt plus 1pt}
\setlength\emergencystretch{2em}
\raggedbottom
\clubpenalty=10000
\widowpenalty=10000
\makeatletter
\renewcommand\section{\@startsection{section}{1}{0pt}{-18pt plus -4pt minus -2pt}{7pt}%
  {\Large\bfseries\color{accent}}}
\renewcommand\subsection{\@startsection{subsection}{2}{0pt}{-13pt plus -3pt minus -2pt}{5pt}{\normalsize\bfseries}}
\makeatother
<colours>
<lines>

\newcommand\documenttitle[2]{{\raggedright\LARGE\bfseries\noindent\leavevmode\color{accent}#1\par}\vspace{3pt}%
  {\raggedright\noindent\leavevmode\color{quiet}#2\par}\vspace{2pt}{\color{rule}\hrule height 0.6pt}\vspace{4pt}}
% A numbered equation: label, left side, right side, words beside it.
\newcommand\numbered[4]{\refstepcounter{equation}\label{#1}\vspace{3pt}\mathline{#2}{=}{#3}{#4(\theequation)}}
\newcommand\stepline[4]{\vspace{5pt}\mathline{#1}{=}{#2}{\small\itshape\color{accent}#3\normalfont\,\makebox[1em][r]{#4}}}
% Why a line follows stands under it, on the same page.
\newcommand\why[1]{\penalty10000{\leftskip=\dimexpr\leftside+1.8em\relax\rightskip=0pt plus 4em\relax
  \parskip=2pt\relax\lineskiplimit=2pt\lineskip=2pt\footnotesize\noindent\leavevmode\color{quiet}\strut#1\par}}
\newcommand\resultline[2]{\vspace{3pt}\mathline{#1}{=}{#2}{}}
\newcommand\conditionline[3]{\vspace{3pt}\mathline{#1}{=}{#2}{#3}}
% Worked numbers: left side, sign, symbols, numbers in their places, result.
\newcommand\workcell[2]{\parbox[t]{#1\dimexpr\linewidth-\leftside-1.8em\relax}{\raggedright
  \binoppenalty=10000\relpenalty=10000\lineskiplimit=3pt\lineskip=3pt#2}}
\newcommand\workline[5]{\par\vspace{2pt}{\noindent\lineskiplimit=3pt\lineskip=3pt
  \hbox to\leftside{\hfil$#1$}\hbox to1.8em{\hfil$#2$\hfil}%
  \workcell{0.37}{$#3$}\hfill\workcell{0.44}{#4}\hfill\workcell{0.15}{$= #5$}\par}}
"""

_SLIDES = r"""\documentclass[aspectratio=169,10pt]{beamer}
\usetheme{default}
\usefonttheme[onlymath]{serif}
<packages>
<colours>
\setbeamertemplate{navigation symbols}{}
\setbeamercolor{frametitle}{fg=accent}
\setbeamercolor{title}{fg=accent}
\setbeamercolor{structure}{fg=accent}
\setbeamerfont{frametitle}{series=\bfseries,size=\large}
\setbeamersize{text margin left=9mm,text margin right=9mm}
\setbeamertemplate{footline}{\hfill{\tiny\color{quiet}\insertframenumber\,/\,\inserttotalframenumber}\hspace*{4mm}\vspace*{2mm}}
\setbeamercovered{invisible}
<lines>
% Nothing runs off a slide: what is too high for one is set smaller.
\newsavebox\whole
\newcommand\fitted[1]{\savebox\whole{\begin{minipage}[t]{\textwidth}#1\end{minipage}}%
  \noindent\ifdim\dimexpr\ht\whole+\dp\whole\relax>\room\resizebox*{!}{\room}{\usebox\whole}\else\usebox\whole\fi\par}
\newlength\room
\setlength\room{208pt}
\newcommand\stepline[4]{\mathline{#1}{=}{#2}{\footnotesize\itshape\color{accent}#3\normalfont\,\makebox[1em][r]{#4}}}
\newcommand\why[1]{{\leftskip=\dimexpr\leftside+1.8em\relax\rightskip=0pt plus 4em\relax\parskip=0pt\relax
  \lineskiplimit=1pt\lineskip=1pt\scriptsize\noindent\leavevmode\color{quiet}\strut#1\par}\vspace{2pt}}
\newcommand\resultline[2]{\vspace{2pt}\mathline{#1}{=}{#2}{}}
\newcommand\conditionline[3]{\vspace{2pt}\mathline{#1}{=}{#2}{#3}}
"""

ONE_PAGE = r"""% One page: the largest of some sizes of letters at which everything fits.
\newsavebox\wholepage
\newcommand\trysize[3]{\ifdim\dimexpr\ht\wholepage+\dp\wholepage\relax>\textheight
  \savebox\wholepage{\begin{minipage}[t]{\textwidth}\fontsize{#1}{#2}\selectfont#3\end{minipage}}\fi}
\newcommand\onesize[1]{\savebox\wholepage{\rule{0pt}{2\textheight}}%
  \trysize{11}{14}{#1}\trysize{10}{12.5}{#1}\trysize{9}{11}{#1}\trysize{8}{9.8}{#1}\trysize{7}{8.5}{#1}\trysize{6}{7.2}{#1}}
"""

_SUMMARY = r"""\documentclass[a4paper,11pt]{article}
<packages>
\usepackage[margin=18mm]{geometry}
\setlength\parindent{0pt}
\setlength\parskip{3pt}
\pagestyle{empty}
<colours>
<lines>
\newcommand\resultline[2]{\vspace{3pt}\mathline{#1}{=}{#2}{}}
\newcommand\conditionline[3]{\vspace{3pt}\mathline{#1}{=}{#2}{#3}}
\newcommand\head[1]{\par\vspace{9pt}%
  \noindent\hbox to\linewidth{\vrule width0pt depth 3.5pt\bfseries\color{accent}#1\hfil}\par
  \nointerlineskip{\color{rule}\hrule height 0.5pt}\vspace{4pt}}
\newcommand\documenttitle[2]{{\raggedright\Large\bfseries\color{accent}#1\par}\vspace{2pt}%
  {\raggedright\small\color{quiet}#2\par}\vspace{3pt}}
<one page>
\newcommand\onepage[1]{\onesize{#1}\noindent\raisebox{0pt}[0pt][0pt]{\usebox\wholepage}}
"""

_STYLES = {"article": _ARTICLE, "slides": _SLIDES, "summary": _SUMMARY}
_PACKAGES_OF = {"slides": _PACKAGES.replace(",longtable,multicol", "")}


def _filled(style: str, text: str) -> str:
    """Return a preamble with what all styles share."""
    text = text.replace("<packages>\n", _PACKAGES_OF.get(style, _PACKAGES))
    text = text.replace("<one page>\n", ONE_PAGE)
    return text.replace("<colours>\n", _COLOURS).replace("<lines>\n", _LINES)


PREAMBLES = {style: _filled(style, text) for style, text in _STYLES.items()}
"""What each style begins with."""
