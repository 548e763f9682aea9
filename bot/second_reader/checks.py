"""What `irbot doctor` finds of the second reader: whether it answers as it must, and counts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from bot.answering.second_opinion import Asked, Choice
from bot.checks import Finding
from bot.config import Settings
from bot.second_reader.client import NoOpinionError
from bot.second_reader.prompt import read_opinion
from bot.second_reader.reader import CompanyReader
from bot.store import Store

_WHAT = "第二读者"
_PATIENCE_S = 10.0  # a model that sleeps needs some of it at first
# Made up, so that nothing of an asker's goes out.
_ASKED = Asked(
    "今年分红多少？",
    (
        Choice("公司今年的分红方案是什么？", "公司拟每10股派发现金红利1元。", "2026-01-15"),
        Choice("公司有多少员工？", "截至去年底，公司有员工一千余人。", "2026-01-15"),
    ),
)
_TODO = {
    "timed out": "检查防火墙和模型服务；一直偏慢时换小一些的模型",
    "the certificate is not trusted": "把签发它的根证书设入 SSL_CERT_FILE",
    "the host's name is not known": "核对 IR_READER_URL 里的主机名",
    "the connection was refused": "核对 IR_READER_URL 的端口，看模型服务是否在运行",
    "the address is public, and IR_READER_PRIVATE is 1": "换内网地址，或去掉 IR_READER_PRIVATE",
    "HTTP 401": "核对 IR_READER_KEY",
    "HTTP 403": "核对 IR_READER_KEY",
    "HTTP 404": "核对 IR_READER_URL（通常以 /v1 结尾）和 IR_READER_MODEL",
}
_SAID = {
    "timed out": f"{_PATIENCE_S:g} 秒内没有应答",
    "the certificate is not trusted": "证书不受信任",
    "no TLS connection": "TLS 连接不成",
    "the host's name is not known": "查不到这个主机名",
    "the connection was refused": "连接被拒绝",
    "the address is public, and IR_READER_PRIVATE is 1": "地址是公网的，没有去问",
    "the answer is too long": "应答太长",
    "no chat completion came back": "应答不是 chat completions 的格式",
}
_LOST = "在此期间照匹配自己的结果答复"


def checks(settings: Settings, store: Store) -> Iterator[Finding]:
    """One line, where a reader is set."""
    if not settings.reader_url:
        return
    reader = CompanyReader(settings, store, settings.now)
    where = f"{settings.reader_model}（{urlsplit(settings.reader_url).netloc}）"
    began = time.monotonic()
    try:
        content = reader.client.ask(_ASKED, _PATIENCE_S)
    except NoOpinionError as error:
        why = str(error)
        todo = _TODO.get(why, "核对 IR_READER_URL 和 IR_READER_MODEL，看模型服务的日志")
        yield Finding(_WHAT, False, f"{where}：{_SAID.get(why, why)}；{_LOST}", todo)
        return
    took_s = time.monotonic() - began
    if read_opinion(content, len(_ASKED.choices)) is None:
        said = f"{where}：答的不是规定的一个 JSON 对象，这样的意见不算；{_LOST}"
        todo = "关闭模型的思考过程，或换支持结构化输出（response_format）的服务"
        yield Finding(_WHAT, False, said, todo)
        return
    if took_s > settings.reader_timeout_s:
        limit = f"IR_READER_TIMEOUT_S={settings.reader_timeout_s:g}"
        said = f"{where}：{took_s:.1f} 秒才作答，超过 {limit}；{_LOST}"
        yield Finding(_WHAT, False, said, "换快一些的模型，或放宽时限")
        return
    ok, use, todo = _use(settings, reader)
    yield Finding(_WHAT, ok, f"{where}：{took_s:.2f} 秒作答；{use}", todo)


def _use(settings: Settings, reader: CompanyReader) -> tuple[bool | None, str, str]:
    """Whether its opinion counts, in words, and what to do where it does not."""
    trial = reader.trial()
    measure = "用自己标注的提问检验：irbot eval --reader 提问.tsv"
    if trial is None:
        return None, f"还没有在 IR_CAUTION={settings.caution} 下检验过，意见只看不用", measure
    if trial.refused:
        return None, f"检验没有通过，意见只看不用：{trial.refused}", measure
    if settings.reader_use == "observe":
        return True, "检验已通过，意见只看不用（IR_READER=observe）", "要用：IR_READER=use"
    return True, f"意见计入结果（{trial.at:%Y-%m-%d} 检验）", ""
