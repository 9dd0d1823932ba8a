"""The words of the evaluation's pages in English, by the Korean that stands in the templates."""

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "두 보고서 비교": "Two reports side by side",
    "앞": "before",
    "뒤": "after",
    "함께 물은 질문 {count}개": "{count} questions asked in both",
    "두 보고서의 데이터가 다릅니다. 같은 id의 질문끼리 견줍니다.": "The two reports were made on different data: questions of one id are compared.",
    "지표": "Measures",
    "차이": "difference",
    "95% 구간": "95% interval",
    "차이의 95% 구간(paired bootstrap)이 0을 벗어나야 뚜렷합니다.": "A difference is clear where its 95% interval (paired bootstrap) leaves 0 out.",
    "질문마다": "Question by question",
    "달라진 질문이 먼저 나옵니다. 같은 표가 compare.csv에 있습니다.": "Those that changed come first. The same table is in compare.csv.",
}
