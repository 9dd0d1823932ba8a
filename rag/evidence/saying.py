"""Whether a sentence says a thing of the sort that is asked for: a value of the kind, a reason, a way, a yes or no.

The sentence that names the topic and the one that answers are often neighbours (겨울에는 절반만 채운다. 얼면서 벽이 갈라지는 일을
막기 위해서이다.): this is what tells them apart.
"""

import re

from rag.evidence.expected import WANTED
from rag.question.asked import Asked, Asks

_REASON = re.compile(
    r"때문|탓|덕분|위[해하](?:서|여|기|선)?(?=[\s.,이였입다]|$)|막으려|이유|까닭|사유|원인|므로|(?:[아어여해려라와워]|[가-힣][려져러])서(?=다|입|이[다었]|였|예|죠|야)"
    r"|[가-힣]기에[\s,]|는\s?바람에|에\s?따라|인해|인한|[으이]로\s?(?:인|멈|늦|취소|연기|중단)|부족|우려|걱정|착오|고장|[가-힣](?:니까|거든|느라|려고|고자)|판단|권고?했|요청이|요구|(?:높|낮|많|적|좁|없|있|넓|멀|늦|비싸|어렵|나빠|위험)(?:[아어]서|므로|으니|으나)"
)
_METHOD = re.compile(
    r"[가-힣](?:면|시면)\s|하십시오|하세요|으십시오|세요[.\s]?|주십시오|통해|방법|절차|순서|비결|요령|(?:으로|로|에서|에)\s?(?:신청|접수|제출|예약|내|보내|하면|하여|등록|뽑|받)"
    r"|[가-힣](?:고|어서|아서|여서)\s.*(?:다|음|요)\.?$|누리집|홈페이지|방문|우편|전자우편|이메일|앱에서|온라인|이용하여|이용해"
)
_SETTLES = re.compile(
    r"(?:^|[\s:])(?:예|네|아니요|아니오|그렇습니다|물론)[,.\s]|[가-힣]\s?수\s?(?:있|없)|(?:[됩된될]니다|된다|됨|돼요?|되[며고나])|안\s?(?:됩|된|돼|되|됨|합|받|나|내|줍|주)|않|없|빠[지집짐진]|뺐|뺀다|예외|의무|삭제|귀속|아니[라다하한]|아닙"
    r"|가능|불가|허용|금지|제외|면제|무료|부결|가결|통과|보류|승인|동결|그대로|유지|폐지|중단|취소|한하여|한함|한정|해당|[가-힣]만\s|(?:받|주|쉬|열|하|내|가|오|두|쓰|빌려\s?주)지\s?(?:못|않|마)|못\s?(?:합|하|받|쓰|들)|대상(?:이|임|에서)|예정대로"
)
_CORRECTS = re.compile(
    r"정정|바로잡|고칩니|고침|고쳤|[(（](?:바름|틀림)|→|⇒|➔|▶.*→|변경|잘못|착오|[이가]\s?아니라|그대로|옮깁니다|바꿉니다|바뀝니다"
)
_ASKS_CORRECTED = re.compile(
    r"정정|고친|고쳐|바뀐|바뀌|바꿨|바로잡|변경|제대로|결국|최종|수정|달라진|correct", re.IGNORECASE
)
_ITEMS = re.compile(r"[,，·∙、/]|\s및\s|[와과]\s|이랑\s|\d\)")


def says_sort(asked: Asked, text: str, wanted: bool) -> float:
    """Return 1 where ``text`` says a thing of the sort that is asked for, -1 where it does not, 0 where any text might.

    ``wanted`` is whether it holds a value of the kind (:func:`rag.evidence.expected.wanted_values`).
    """
    kinds = asked.kinds
    if kinds & WANTED.keys():
        return 1.0 if wanted else -1.0
    for kind, pattern in ((Asks.REASON, _REASON), (Asks.METHOD, _METHOD), (Asks.YES_NO, _SETTLES)):
        if kind in kinds:
            return 1.0 if pattern.search(text) else -1.0
    if Asks.LIST in kinds:
        return 1.0 if _ITEMS.search(text) else -1.0
    return 0.0


def settles(text: str) -> bool:
    """Return whether the text allows, forbids, confirms or denies."""
    return _SETTLES.search(text) is not None


def gives_reason(text: str) -> bool:
    """Return whether the text gives a reason."""
    return _REASON.search(text) is not None


def corrects(text: str) -> bool:
    """Return whether the text puts something right, or says that it stays."""
    return _CORRECTS.search(text) is not None


def asks_corrected(question: str) -> bool:
    """Return whether the question asks what something was changed to."""
    return _ASKS_CORRECTED.search(question) is not None
