"""What people are told, Korean first: on the command line, in answers for chats and for models' tools."""

import re

_TEXTS: dict[str, tuple[str, str]] = {
    "not_found": ("근거를 찾지 못했습니다.", "No supporting evidence was found."),
    "nearest": ("가장 가까운 대목:", "Nearest passages:"),
    "very_near": ("매우 가까움", "very near"),
    "near": ("가까움", "near"),
    "less_near": ("덜 가까움", "less near"),
    "asking": ("묻는 중", "asking"),
    "loading": ("임베딩 모델과 색인을 불러오고 찾는 중…", "Loading encoder and index, and searching…"),
    "certainty": ("확신도", "certainty"),
    "evidence": ("근거", "Evidence"),
    "written_by": ("{model}이(가) 위의 근거로 쓴 답", "written by {model} from the evidence above"),
    "written": ("언어 모델이 위의 근거로 쓴 답:", "Written by a language model from the evidence above:"),
    "writer_model": (
        "--writer에는 http(s) 주소와 --writer-model이 함께 있어야 합니다.",
        "--writer needs an http(s) address, and --writer-model with it.",
    ),
    "writer_httpx": (
        "--writer에는 httpx가 있어야 합니다: pip install 'geungeo[writer]'",
        "--writer needs httpx: pip install 'geungeo[writer]'",
    ),
    "included": ("앞 질문의 말을 더해 찾음: ‘{added}’", "searched with “{added}” of the questions before"),
    "expanded": ("함께 찾은 말", "also searched"),
    "seeds": (
        "색인이 없어, 함께 온 예시 글 5건으로 만듭니다: {folder}",
        "No index yet: building one from the five sample articles in {folder}",
    ),
    "indexing": ("색인", "Indexing"),
    "indexed": (
        "글 {articles} · 문장 {sentences}/약 {about} ({speed}/초)",
        "articles {articles} · sentences {sentences}/about {about} ({speed}/s)",
    ),
    "seconds_left": ("{seconds}초쯤 남음", "about {seconds} s left"),
    "done": (
        "추가 {added}건, 변경 {replaced}건, 변경 없음 {unchanged}건, 실패 {failed}건 · 글 {articles}건, 대목 {passages}개",
        "{added} added, {replaced} replaced, {unchanged} unchanged, {failed} failed · "
        "{articles} articles, {passages} passages",
    ),
    "notice": ("알림", "note"),
    "and_more": ("{names} 등 {count}개", "{names} and more, {count} in all"),
    "renamed": (
        "이름이 바뀐 파일의 옛 글 {count}건을 지웠습니다(같은 내용이 새 이름으로 있습니다): {ids}",
        "{count} removed that are there under a new name, letter for letter: {ids}",
    ),
    "gone": (
        "이 폴더에서 읽은 글 {count}건은 이제 파일이 없습니다: {ids}",
        "{count} articles of this folder have no file any more: {ids}",
    ),
    "how_to_prune": (
        "아직 답에 나옵니다. 지우려면 같은 명령에 --prune을 붙이세요.",
        "They are still cited. To remove them give the same command with --prune.",
    ),
    "prune_question": ("이 글을 지울까요? [y/N]", "Remove them? [y/N]"),
    "prune_unasked": (
        "확인을 받을 수 없어 지우지 않았습니다. 묻지 않고 지우려면 --yes를 붙이세요.",
        "nobody is there to be asked, so nothing was removed. To remove without asking give --yes.",
    ),
    "watch_started": ("폴더를 지켜보고 있습니다. 끝내려면 Ctrl-C를 누르세요.", "Following the folder. Ctrl-C ends."),
    "failed": ("읽지 못함", "failed"),
    "place_page": ("{page}쪽", "p. {page}"),
    "place_sheet": ("시트 {sheet}", "sheet {sheet}"),
    "place_table_row": ("표 {table}, {row}행", "table {table}, row {row}"),
    "place_row": ("{row}행", "row {row}"),
    "more_failed": ("읽지 못한 것이 {count}건 더 있습니다.", "{count} more failed."),
    "removed": ("{count}건을 지웠습니다.", "{count} removed."),
    "still_read": (
        "다른 프로그램이 지우기 전의 색인을 아직 읽고 있습니다. 그 프로그램이 끝나거나 새 색인으로 옮기면 파일에서도 사라집니다.",
        "another program still reads the index as it was before: the deleted words leave the files once it ends or moves on.",
    ),
    "missing": (
        "그런 글이 없습니다: {ids}. geungeo list로 id를 확인하세요.",
        "no such article: {ids}. See geungeo list for the ids.",
    ),
    "no_articles": (
        "글이 하나도 없습니다. 이렇게 넣습니다: geungeo index 경로",
        "there are no articles. Take some in: geungeo index PATH...",
    ),
    "is_folder": (
        "{path}은(는) 폴더입니다. 쓸 파일의 이름까지 적어 주세요.",
        "{path} is a folder. Name the file to write.",
    ),
    "no_folder_for": (
        "쓸 폴더가 없습니다: {folder}. 경로를 확인하거나 폴더를 먼저 만드세요.",
        "there is no folder {folder} to write into. Check the path, or make the folder first.",
    ),
    "unknown_collection": (
        "그런 모음이 없습니다: {name}.{near} 있는 모음: {held}",
        "no such collection: {name}.{near} There are: {held}",
    ),
    "none_of_collection": (
        "그런 모음이 없습니다: {name}. 아직 어느 글도 모음에 넣지 않았습니다. 이렇게 넣습니다: geungeo index 폴더 --collection 이름",
        "no such collection: {name}. No article is in one yet; they are put there by geungeo index FOLDER --collection NAME",
    ),
    "unknown_source": (
        "그런 출처의 글이 없습니다: {name}.{near} 있는 출처: {held}",
        "no article has this source: {name}.{near} There are: {held}",
    ),
    "none_of_source": (
        "그런 출처의 글이 없습니다: {name}. 출처를 아는 글이 없으니 --source를 빼고 물으세요.",
        "no article has this source: {name}. The source of none is known: ask without --source.",
    ),
    "unknown_article": (
        "그런 글이 없습니다: {name}.{near} 있는 글의 id: {held}. geungeo list가 모두 보여 줍니다.",
        "no such article: {name}.{near} Ids there are: {held}. geungeo list shows all.",
    ),
    "none_of_article": (
        "그런 글이 없습니다: {name}. 글이 하나도 없습니다.",
        "no such article: {name}. There is none at all.",
    ),
    "days_reversed": (
        "--to의 날이 --from의 날보다 앞섭니다. 두 날짜를 바꾸어 주세요.",
        "the day of --to is before that of --from. Change them round.",
    ),
    "nothing_to_index": (
        "색인할 파일이나 폴더를 적어 주세요: geungeo index 경로 (다시 만들려면 --rebuild)",
        "name what to index: geungeo index PATH... (or --rebuild)",
    ),
    "nothing_to_read": (
        "읽을 것이 없습니다: {paths}. 비어 있거나 숨긴 파일만 있습니다. 읽는 파일({kinds})을 넣고 다시 하거나, 다른 폴더를 적어 주세요.",
        "nothing to read in {paths}: it is empty, or holds hidden files alone. Put files there ({kinds} are read), or name another folder.",
    ),
    "no_index": (
        "아직 색인이 없습니다: {folder}. 이렇게 만드세요: geungeo index 경로",
        "no index yet in {folder}. Make one: geungeo index PATH...",
    ),
    "no_date": ("날짜 모름", "undated"),
    "no_source": ("출처 모름", "source unknown"),
    "articles": ("글", "articles"),
    "passages": ("대목", "passages"),
    "generation": ("세대", "generation"),
    "folder": ("자료 폴더", "data folder"),
    "encoder": ("임베딩 모델", "encoder"),
    "analysis": ("한국어 분석", "Korean analysis"),
    "disk": ("디스크", "on disk"),
    "ok": ("이상 없음", "ok"),
    "check_fingerprints": ("임베딩 모델과 한국어 분석", "encoder and Korean analysis"),
    "check_leftovers": ("남은 파일", "leftovers"),
    "check_originals": ("원본 파일", "original files"),
    "check_database": ("데이터베이스", "database"),
    "check_articles": ("글", "articles"),
    "check_passages": ("대목과 벡터", "passages and vectors"),
    "check_files": ("색인 파일", "index files"),
    "check_generation": ("색인과 데이터베이스", "index against database"),
    "check_truth": ("함께 쓰는 PostgreSQL", "shared PostgreSQL"),
    "check_truth_articles": ("PostgreSQL의 글과 대목", "articles and passages in PostgreSQL"),
    "check_copy": ("이 노드의 복사본", "this node's copy"),
    "engine_reach": ("Milvus에 닿음", "the Milvus is reached"),
    "engine_write": ("쓴 것이 바로 모두 보임", "all that was written is seen at once"),
    "engine_dense": ("뜻으로 찾기", "search by meaning"),
    "engine_dense_filtered": ("뜻으로 찾기, 걸러서", "search by meaning, filtered"),
    "engine_lexical": ("낱말로 찾기", "search by words"),
    "engine_lexical_filtered": ("낱말로 찾기, 걸러서", "search by words, filtered"),
    "engine_visible": ("번호 위의 것은 보이지 않음", "nothing above a number is seen"),
    "engine_replace": ("고쳐 쓰기", "replacing"),
    "engine_delete": ("지우기", "deleting"),
    "engine_separate": ("컬렉션마다 따로", "collections are apart"),
    "engine_holds": ("geungeo에 쓸 수 있습니다.", "it can be used with geungeo."),
    "engine_half": (
        "뜻으로 찾는 것은 되지만 낱말로 찾지 못하므로 geungeo에 쓸 수 없습니다. Milvus 2.4 이상을 쓰세요.",
        "search by meaning holds, but there is none by words: it cannot be used with geungeo. Use Milvus 2.4 or newer.",
    ),
    "engine_fails": (
        "✗ 표가 붙은 것이 되지 않아 geungeo에 쓸 수 없습니다.",
        "what is marked ✗ does not hold: it cannot be used with geungeo.",
    ),
    "going_on": (
        "PostgreSQL에 닿지 않아 이 노드의 복사본으로 합니다: {reason}",
        "The PostgreSQL is away, so this node's copy is used: {reason}",
    ),
    "working": (
        "{where}에 색인하는 컴퓨터가 있으면 임베딩을 나누어 합니다. 끝내려면 Ctrl-C를 누르세요.",
        "Embedding for whoever indexes into {where}. Press Ctrl-C to end.",
    ),
    "worked": ("대목 {passages}개를 임베딩했습니다.", "{passages} passages embedded."),
    "work_waits": (
        "PostgreSQL에 닿지 않아 기다립니다: {reason}",
        "Waiting, for the PostgreSQL is away: {reason}",
    ),
    "moved_to": (
        "글 {articles}건, 대목 {passages}개를 PostgreSQL로 옮겼습니다: {where}. 이제 빈 폴더와 함께 쓰세요: geungeo serve --truth 주소 "
        "--data 빈폴더",
        "{articles} articles, {passages} passages moved into {where}. Use it with an empty folder: geungeo serve --truth URI "
        "--data EMPTY",
    ),
    "moved_from": (
        "글 {articles}건, 대목 {passages}개를 가져왔습니다: {where}",
        "{articles} articles, {passages} passages brought into {where}",
    ),
    "exported": (
        "글 {articles}건, 대목 {passages}개를 내보냈습니다: {file}",
        "{articles} articles, {passages} passages written to {file}",
    ),
    "originals_left": (
        "보관한 원본 파일 {count}개는 백업에 들어가지 않습니다. 따로 복사하세요: {folder}",
        "the {count} original files that are kept are not in the backup. Copy them by themselves: {folder}",
    ),
    "original_kept": (
        "원본 파일: {name} (--original 파일이름으로 꺼냅니다)",
        "original file: {name} (--original FILE writes it out)",
    ),
    "original_saved": ("원본 파일을 꺼냈습니다: {file}", "original file written to {file}"),
    "no_original": (
        "이 글의 원본 파일은 보관되어 있지 않습니다: {id}. GEUNGEO_ORIGINALS=1로 두고 다시 색인하면 보관합니다.",
        "the original file of this article is not kept: {id}. It is once you index it again with GEUNGEO_ORIGINALS=1.",
    ),
    "merged": (
        "이미 글이 있는 색인에 합쳤습니다(같은 id는 바꿨습니다): {folder}",
        "merged into the index in {folder}: articles of the same id were replaced",
    ),
    "repaired": ("색인을 데이터베이스에서 다시 만들었습니다.", "The index was rebuilt from the database."),
    "full": (
        "출력을 쓸 수 없습니다: 디스크가 가득 찼습니다. 공간을 비우고 다시 실행하세요.",
        "cannot write the output: no space left. Free some and run again.",
    ),
    "no_path": (
        "그런 파일이나 폴더가 없습니다: {paths}. 경로를 확인하고, 이름에 빈칸이 있으면 따옴표로 묶으세요.",
        "no such file or folder: {paths}. Check the path; one with blanks in it wants quotation marks.",
    ),
    "no_question": (
        "질문이 없습니다. geungeo ask '질문'처럼 쓰거나, 터미널에서 geungeo ask로 이어 물으세요.",
        "there is no question. Give one, or run geungeo ask in a terminal to ask one after another.",
    ),
    "converse": (
        "이어서 물을 수 있습니다. 다른 이야기를 시작하려면 /새로, 끝내려면 Ctrl-D",
        "Ask one after another. /new forgets the questions before; Ctrl-D ends.",
    ),
    "forgotten": ("앞의 질문을 잊었습니다.", "The questions before are forgotten."),
    "bad_stdin": (
        "표준 입력의 질문을 읽을 수 없습니다. UTF-8로 보내세요.",
        "cannot read the question on standard input. Send it as UTF-8.",
    ),
    "stopped": ("멈췄습니다.", "Stopped."),
    "stopped_index": (
        "멈췄습니다. 지금까지 넣은 글은 남아 있고, 같은 명령을 다시 내리면 나머지를 넣습니다.",
        "Stopped. What was taken in is kept; the same command goes on from there.",
    ),
    "stopped_import": (
        "멈췄습니다. 지금까지 가져온 글은 남아 있고, 같은 명령을 다시 내리면 나머지를 가져옵니다.",
        "Stopped. What was taken in is kept; the same command goes on from there.",
    ),
    "stopped_export": ("멈췄습니다. 백업 파일은 만들지 않았습니다.", "Stopped. No backup was written."),
    "stopped_eval": (
        "멈췄습니다. 보고서는 쓰지 않았고, 만들어 둔 색인은 다음에 그대로 씁니다.",
        "Stopped. No report was written; the indexes made for it are used again next time.",
    ),
    "stopped_work": (
        "멈췄습니다. 하던 몫은 색인하는 컴퓨터가 다시 합니다.",
        "Stopped. The portion at hand is done again by the machine that indexes.",
    ),
    "stopped_serve": ("멈췄습니다. 더는 답하지 않습니다.", "Stopped serving."),
    "stopped_remove": (
        "멈췄습니다. 지워졌는지 geungeo list로 확인하세요.",
        "Stopped. See with geungeo list what is deleted.",
    ),
    "watch_stopped": (
        "지켜보기를 끝냈습니다. 넣은 글은 남아 있습니다.",
        "No longer following. What was taken in is kept.",
    ),
    "no_command": ("그런 명령이 없습니다: {name}.{near}", "no such command: {name}.{near}"),
    "option_first": (
        "옵션은 명령 뒤에 적어 주세요: geungeo {command} {name} …",
        "options come after the command: geungeo {command} {name} …",
    ),
    "no_option": ("그런 옵션이 없습니다: {name}.{near}", "no such option: {name}.{near}"),
    "too_many_words": ("쓰이지 않은 말이 있습니다: {words}.{cure}", "left over: {words}.{cure}"),
    "quote_the_question": (" 질문은 따옴표로 묶어 주세요.", " Put the question in quotation marks."),
    "did_you_mean": (" 혹시 {name}?", " Did you mean {name}?"),
    "internal": (
        "뜻밖의 오류입니다: {error}. --debug로 다시 실행해 알려 주세요.",
        "unexpected error: {error}. Run again with --debug and report it.",
    ),
    "reason_answered": ("답함", "answered"),
    "reason_index_empty": ("찾을 글이 없습니다", "nothing to search"),
    "reason_no_match": ("질문과 가까운 글이 없습니다", "nothing near the question"),
    "reason_low_support": (
        "관련된 글은 있지만 답이 되는 문장이 없습니다",
        "there are related articles, but no sentence in them answers",
    ),
    "reason_context_needed": (
        "앞의 질문 없이는 무엇을 묻는지 알 수 없습니다",
        "what this asks about is not said, here or in an earlier question",
    ),
    "reason_qualifier_absent": ("물은 것과 다른 것만 있습니다", "the articles hold another one than was asked about"),
    "absent": (
        "물은 {asked}은(는) 없고, 글에는 {held}이(가) 있습니다.",
        "{asked} is not there; the articles have {held}.",
    ),
    "absent_only": ("물은 {asked}은(는) 글에 없습니다.", "{asked} is not in the articles."),
    "certainty_high": ("높음", "high"),
    "certainty_medium": ("보통", "medium"),
    "certainty_low": ("낮음", "low"),
    "conflict": (
        "다르게 적힌 글이 있습니다: {value} · {title} · {date}",
        "Another article says: {value} · {title} · {date}",
    ),
    "part_missing": ("이 부분은 찾지 못했습니다: {part}", "Not found: {part}"),
}


def has_text(key: str) -> bool:
    """Return whether :func:`say` knows ``key``."""
    return key in _TEXTS


def say(key: str, lang: str, **values: object) -> str:
    """Return the text for ``key`` in ``lang`` (``"ko"`` or ``"en"``), with ``values`` in its place."""
    text = _EITHER_PARTICLE.sub(lambda match: _with_particle(match, str(values[match[1]])), _TEXTS[key][lang == "en"])
    return text.format(**values)


_EITHER_PARTICLE = re.compile(r"\{(\w+)\}(은|이)\((는|가)\)")
_CLOSED_DIGITS = "013678"  # 영 일 삼 육 칠 팔 end in a consonant


def _with_particle(found: re.Match[str], value: str) -> str:
    """Return the place of a value with 은 or 는 as the value ends; behind other letters than Hangul both stay."""
    last = value[-1:]
    if not re.fullmatch("[가-힣0-9]", last):
        return found[0]
    closed = last in _CLOSED_DIGITS if last.isdigit() else (ord(last) - ord("가")) % 28 > 0
    return f"{{{found[1]}}}{found[2] if closed else found[3]}"
