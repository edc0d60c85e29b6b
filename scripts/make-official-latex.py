"""Writes test/fixtures/verify/official-latex.json: short texts and the number that latex2sympy2 1.9.1
finds in them, printed and evaluated by Python (as the MATH-V scorer does) and evaluated by SymPy (as
EMMA's does), both rounded to two places; null where there is none.

    python -m venv V && V/bin/pip install --no-deps latex2sympy2==1.9.1 antlr4-python3-runtime==4.7.2
    V/bin/pip install 'sympy<1.14'
    V/bin/python scripts/make-official-latex.py
"""

import json
import math
import pathlib
import random
import time

from latex2sympy2 import latex2sympy

HAND = r"""
5|-3|2.50|.5|1,234|1,2345|12,34|007|1.2.3|5.|5 .so|3 4|2\frac{1}{2}|1 1/2|4/2|6/3*2|8:5|1:1:2|7:30
\frac{1}{2}|\frac12|\dfrac{3}{4}|\tfrac{3}{4}|\frac{1}{4}} of it|\frac{10}{3}}.the answer is 5|\frac{1}{0}|5/0
\sqrt{2}|\sqrt2|\sqrt[3]{8}|\sqrt[3]{-8}|\sqrt{-4}|2\sqrt{3}|\sqrt{3(5^2-1)}|8+2sqrt(2)|\sqrt{\frac{1}{4}}
2^3|2^3^2|2^{10}|2^{-1}|(-2)^2|-2^2|0^0|0^{-1}|9^{\frac{1}{2}}|2^3_4|(\frac{1}{2})^2|3^{1008}|\frac{3^{1008}-1}{3^{1009}}
\pi|2\pi|\frac{5}{3}\pi+2|π|6:\pi|\pi r|25\pi\)|-\pi|\infty|-\infty|e|e^2|2e|\tau
5!|0!|(3)!|2.5!|-3!|5!!|20!/18!
\sin 30|\sin(30)|\sin^2 1|\sin^{-1} 1|\cos 0|\tan(1)|\sin(\pi/6)|2\sin 1 \cos 1|\csc 1|\arcsin 1|\sinh 1
\log 100|\log_2 8|\log_{2}{8}|\ln 2|\exp(1)|\exp 2
|3||\left|-3\right||\lfloor 2.7 \rfloor|\lceil 2.1 \rceil|\lvert -2 \rvert
x|5x|5 cm|5cm^2|x=5|a=b=5|x+1=5|5=5|2<3|3\le 2|x<3|2\neq 3|\text{cm}|5\text{ cm}|\mathrm{d}
(5)|[5]|{5}|\{5\}|(5|5)|\left(5\right)|\left(5)|[1,2]|(1,2)|(1,234)|1;2|\left[2\right]|((2))
50\%|50%|42 \%|0.5\%|1,000\%|30°|30^\circ|180\degree|45^{\circ}
2\cdot 3|2\times 3|2*3|6\div 4|7\mod 4|\frac{6}{4}\cdot 2|2\over 3|-|+5|--5|+-5|5-|5+|2--3
\binom{5}{2}|{5 \choose 2}|\binom{5}{-1}|5'|5^T|5^{T}|5_2|5trees|5 matrix|2,3,4|5\,000|5~6|5\quad|$5$|\$5
\alpha|2\alpha|\overline{cd}|\vec{a}|\downarrow|\leftarrow|\inches|\circ|1\\2|5&6|9.999|0.125|0.375|1.005|2.675
\begin{pmatrix}1\\2\end{pmatrix}|\int x dx|\sum_{i=1}^{3} i|\lim_{x \to 0} x|\max(2,3)|\gcd(4,6)|\operatorname{floor}(2.5)
"""

ATOMS = ["2", "7", "0.5", "12", "\\pi", "x", "\\frac{3}{4}", "\\sqrt{5}", "(1+2)", "{4}", "3!", "1,000"]
JOINS = ["+", "-", "*", "/", ":", "\\cdot ", "\\times ", "^", " ", "\\div ", "=", ",", "}", ".", "\\text{ m}"]


def texts():
    for line in HAND.strip().splitlines():
        for text in line.replace("||", "\0").split("|"):
            yield text.replace("\0", "|")
    draw = random.Random(7)
    for _ in range(260):
        parts = [draw.choice(["", "", "-", "("]) + draw.choice(ATOMS)]
        for _ in range(draw.randint(1, 3)):
            parts += [draw.choice(JOINS), draw.choice(ATOMS)]
        yield "".join(parts) + draw.choice(["", "", "", ")", "}"])


def number(value):
    rounded = round(value, 2)
    if isinstance(rounded, bool):
        return str(int(rounded))
    if not isinstance(rounded, int) and not math.isfinite(rounded):
        raise TypeError
    return str(rounded)


def main():
    names = {name: getattr(math, name) for name in dir(math) if not name.startswith("_")}
    names["time"] = time
    rows = []
    for text in dict.fromkeys(texts()):
        row = {"text": text, "python": None, "sympy": None}
        try:
            expression = latex2sympy(text)
            try:
                row["python"] = number(eval(str(expression), dict(names)))
            except Exception:
                pass
            row["sympy"] = number(float(expression.evalf()))
        except Exception:
            pass
        rows.append(row)
    path = pathlib.Path(__file__).parent.parent / "test/fixtures/verify/official-latex.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")
    print(len(rows), "texts,", sum(row["python"] is not None for row in rows), "numbers")


main()
