"""Every sentence the bot says, in one place, keyed by language; and Reply → Shown.

Quotations are official words and stay as they are in every language. The form of a reply is the
design's "What a reply says".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import assert_never

from bot import dates
from bot.config import Lang
from bot.message import (
    Answer,
    Button,
    Coverage,
    Decline,
    Help,
    Hit,
    Listing,
    Notice,
    Option,
    Quotation,
    Reply,
    Shown,
    Suggest,
)
from bot.record import Record

UNNUMBERED_SAME_DAY = "与 {id} 同日且均无编号，文字不同，另存为一份"

_TEXTS: dict[str, dict[Lang, str]] = {
    "form": {"zh": "投资者关系活动记录表", "en": "投资者关系活动记录表"},
    "month only": {
        "zh": "{year}年{month}月（原文未写具体日期）",
        "en": "{year}-{month:02} (the record gives no day)",
    },
    "range": {"zh": "{start} 至 {end}", "en": "{start} to {end}"},
    "notice": {"zh": "注意：{facts}以公司公告为准。", "en": "Note: {facts}the filings prevail."},
    "age": {"zh": "距今{age}", "en": "{age} ago"},
    "passed": {"zh": "文中{dates}已过", "en": "{dates} in it has passed"},
    "asked": {"zh": "投资者问：", "en": "Investor asked: "},
    "asked, excerpt": {"zh": "投资者问（节选）：", "en": "Investor asked (excerpt): "},
    "answered": {"zh": "公司答：", "en": "Company answered: "},
    "answered, excerpt": {"zh": "公司答（节选）：", "en": "Company answered (excerpt): "},
    "source": {
        "zh": "出处：{form} {record_no} {question}",
        "en": "Source: {form} {record_no} {question}",
    },
    "table source": {
        "zh": "出处：来自导入表格，未经原文核对 {question}",
        "en": "Source: an imported table, not checked against the original {question}",
    },
    "record no": {"zh": "编号{no}", "en": "编号{no}"},
    "no record no": {"zh": "无编号", "en": "无编号 (no number)"},
    "question no": {"zh": "第{no}问", "en": "question {no} (第{no}问)"},
    "unnumbered": {"zh": "（原文无编号）", "en": " (not numbered in the record)"},
    "printed as": {"zh": "（{session}原编号{no}）", "en": " (printed as {session}{no})"},
    "part no": {"zh": "第{no}小问（共{all}小问）", "en": ", part {no} of {all}"},
    "whole": {"zh": "全文", "en": "全文"},
    "same": {"zh": "同题：{question}", "en": "Same matter: {question}"},
    "suggest": {
        "zh": "没有直接对应的答复。相近的投资者提问（不代表公司观点）：",
        "en": "No direct answer. Similar questions by investors (not the company's view):",
    },
    "decline": {
        "zh": "在已收录记录中未找到对应答复（{coverage}）。这不表示公司有或没有相关事项，"
        "也不表示未披露；请查巨潮资讯网公告{contact}",
        "en": "Nothing on this was found in the records held ({coverage}). This does not say "
        "whether there is such a matter, nor that it was not disclosed; please see the filings "
        "on cninfo.com.cn{contact}",
    },
    "contact": {"zh": "，或联系：{contact}", "en": ", or contact: {contact}"},
    "no contact": {"zh": "。", "en": "."},
    "coverage": {
        "zh": "{name}{records}份，最近{latest}",
        "en": "{name}: {records}, latest {latest}",
    },
    "coverage, rest": {
        "zh": "等{companies}家公司共{records}份",
        "en": "{companies} companies, {records} records in all",
    },
    "not found": {
        "zh": "“{asked}”：在已收录记录中未找到对应答复。",
        "en": "“{asked}”: nothing found in the records held.",
    },
    "help": {
        "zh": "我只用上市公司已披露的投资者关系活动记录表原文作答；记录里没有的，会直说没有。\n"
        "直接提问：可转债何时下修？ 或只写关键词：可转债\n"
        "按编号：第24问、#24、300253/2025-002#24\n"
        "最新一份记录的问题：最新\n"
        "截至某日：可转债 @2025-06-30\n"
        "只看一家公司：公司 300253（公司 全部：取消）\n"
        "看完整答复：全文；从列表中选：回复字母 A–E\n"
        "在 Slack 中也可用 /ir 加以上内容（话题内不能用斜杠命令，请提及我）。"
        "在企业微信群里请先 @我；开头的 /ir、／ir、、ir 可写可不写。"
        "除刚列出的选项和刚引用的记录外，每条消息单独理解。",
        "en": "I answer only with the official words of filed 投资者关系活动记录表, and say so "
        "when they hold nothing.\n"
        "Ask: 可转债何时下修？ or a keyword: 可转债\n"
        "By number: 第24问, #24, 300253/2025-002#24\n"
        "The newest record's questions: latest\n"
        "As of a day: 可转债 @2025-06-30\n"
        "One company only: company 300253 (company all: every company)\n"
        "The whole answer: 全文; pick from a list: a letter A-E\n"
        "In Slack, /ir with any of these does the same (not inside threads: mention me there). "
        "In WeCom groups mention me; /ir at the start is optional. "
        "Apart from the list offered last and the record cited last, each message stands alone.",
    },
    "listing": {
        "zh": "{head}\n{form} {record_no} 共{count}问",
        "en": "{head}\n{form} {record_no}, {count} questions",
    },
    "empty store": {
        "zh": "库中还没有记录。请先导入：irbot import 文件或文件夹",
        "en": "No record is stored yet. Import one: irbot import FILE",
    },
    "no such question": {
        "zh": "{record}没有第{no}问（共{count}问）。",
        "en": "{record} has no question {no} ({count} in all).",
    },
    "no such part": {
        "zh": "{record}第{question}问没有第{no}小问。",
        "en": "Question {question} of {record} has no part {no}.",
    },
    "no such record": {
        "zh": "库中没有 {id}。发送“最新”查看最新一份记录的问题。",
        "en": "{id} is not stored. Send “latest” for the newest record's questions.",
    },
    "no such company": {
        "zh": "库中没有 {code} 的记录（{coverage}）。",
        "en": "No record of {code} is stored ({coverage}).",
    },
    "company set": {
        "zh": "本会话今后只答{name}（{code}）的记录；发送“公司 全部”恢复。",
        "en": "From now on this chat answers from {name} ({code}) only; “company all” undoes it.",
    },
    "company unset": {
        "zh": "本会话已恢复回答全部公司的记录。",
        "en": "This chat answers from every company's records again.",
    },
    "how to set company": {
        "zh": "请写六位股票代码，例如：公司 300253；取消：公司 全部。",
        "en": "Give the six-digit code, e.g. company 300253; undo: company all.",
    },
    "no such record, by its name": {
        "zh": "库中没有这份记录。发送“最新”查看最新一份记录的问题。",
        "en": "This record is not stored. Send “latest” for the newest record's questions.",
    },
    "nothing cited": {
        "zh": "还没有引用过答复。先提问，再发“全文”；或发“全文 第24问”。",
        "en": "No answer was cited yet. Ask first, then send 全文; or send 全文 第24问.",
    },
    "nothing offered": {
        "zh": "没有可选的列表，或已过一小时。请重新提问。",
        "en": "There is no list to pick from, or an hour has passed. Please ask again.",
    },
    "bad date": {
        "zh": "日期 {printed} 看不懂；请写成 @2025-06-30。",
        "en": "The date {printed} is not readable; write it like @2025-06-30.",
    },
    "home": {"zh": "已收录{count}份投资者关系活动记录表", "en": "{count} records held"},
    "helpful": {"zh": "有用", "en": "Helpful"},
    "unhelpful": {"zh": "没用", "en": "Not helpful"},
    "share": {"zh": "分享到频道", "en": "Share to channel"},
    "sent directly": {
        "zh": "答复较长，已用私信发给你。",
        "en": "The answer is long; it went to you as a direct message.",
    },
    "shared by": {"zh": "分享了公司答复", "en": "shared the company's answer"},
    "welcome": {
        "zh": "您好，请直接提问，例如：可转债何时下修？\n"
        "我只用上市公司已披露的投资者关系活动记录表原文作答；记录里没有的，会直说没有。\n"
        "发送“帮助”查看全部用法。",
        "en": "Hello. Just ask, e.g. 可转债何时下修？\n"
        "I answer only with the official words of filed 投资者关系活动记录表, and say so when they "
        "hold nothing.\nSend “help” for everything else.",
    },
    "text only": {
        "zh": "请用文字提问；图片、文件和视频我读不了。",
        "en": "Please ask in words; I cannot read pictures, files or videos.",
    },
    "voice not understood": {
        "zh": "这条语音没有识别出文字，请重说一遍或改用文字提问。",
        "en": "No words were recognised in this voice message; please say it again or type it.",
    },
    "pictures left": {
        "zh": "（只看了文字，没有读图片。）",
        "en": "(Only the words were read, not the pictures.)",
    },
    "others not found": {
        "zh": "同一条消息里另有{count}个提问，在已收录记录中未找到对应答复。",
        "en": "For {count} more of the message's questions nothing was found in the records held.",
    },
    "pick": {"zh": "相近的投资者提问", "en": "Similar questions by investors"},
    "pick how": {
        "zh": "点按钮看公司答复，或回复字母",
        "en": "Press a button for the answer, or send a letter",
    },
    "picked": {"zh": "已选 {label}，答复见新消息", "en": "{label}: see the new message"},
    "button gone": {"zh": "此按钮已失效", "en": "This button no longer works"},
    "ask again": {"zh": "请重新提问", "en": "Please ask again"},
    "how to ask": {"zh": "使用帮助", "en": "Help"},
    "blocked": {
        "zh": "答复未通过平台的内容检查，无法显示。请查巨潮资讯网公告{contact}",
        "en": "The platform's content check stopped the answer. Please see the filings on "
        "cninfo.com.cn{contact}",
    },
    "status": {
        "zh": "会话：{chat}\n提问人：{user}\n已收录记录：{records}份",
        "en": "Chat: {chat}\nAsker: {user}\nRecords held: {records}",
    },
    "apology": {
        "zh": "抱歉，这条消息处理出错，已记入日志。请换个说法再试，或联系投资者关系部门。",
        "en": "Sorry, this message failed and was logged. Please try other words or ask the desk.",
    },
}

_OPTION_LETTERS = "ABCDE"

# The rest of an answer that an excerpt must not leave out (design: "What a reply says").
_CAVEAT = re.compile(
    r"风险提示|免责声明|投资风险|不构成|不能视作|不代表|敬请.{0,12}注意|存在.{0,8}不确定"
    r"|以[^。；，]{1,30}为准"
)
# A part that leans on words outside itself.
_LEANS = re.compile(r"同上|如上|上述|前述|见上|上一?问|以上")
_GREETING = re.compile(
    r"(?:尊敬的[^，。！：]{1,12}[，！：]|您好|你好|感谢您?(?:对[^，。！]{1,12})?的?"
    r"(?:关注|提问|支持|建议)?(?:与支持|和支持)?|谢谢您?的?(?:关注|提问)?|[，。！!,.、：:\s])*"
)


@dataclass(frozen=True)
class Words:
    """The bot's own sentences in one language."""

    lang: Lang = "zh"
    contact: str = ""
    stale_days: int = 90

    def text(self, key: str, **values: object) -> str:
        """One sentence; the values are put in as they are."""
        return _TEXTS[key][self.lang].format(**values)

    def show(self, reply: Reply) -> Shown:
        """A Reply in words, the same facts in the same order for every chat."""
        match reply:
            case Answer():
                return self._answer(reply)
            case Suggest():
                return Shown(lead=self.text("suggest"), options=self._options(reply))
            case Decline():
                return Shown(lead=self._decline(reply))
            case Help():
                return Shown(lead=self.text("help"))
            case Listing():
                return Shown(lead=self._listing(reply))
            case Notice():
                return Shown(lead=reply.text)
            case _:
                assert_never(reply)

    def _answer(self, reply: Answer) -> Shown:
        quotations = tuple(self._quotation(hit, reply) for hit in reply.hits)
        buttons = [
            Button(self.text("whole"), f"{self.text('whole')} {hit.id}")
            for hit in reply.hits
            if not reply.whole and is_excerpt(hit)
        ]
        buttons += [
            Button(self.text("same", question=self._short_name(hit, reply.among_many)), hit.full_id)
            for hit in reply.related
        ]
        not_found = tuple(self.text("not found", asked=asked) for asked in reply.not_found)
        return Shown(quotations=quotations, not_found=not_found, buttons=tuple(buttons))

    def _quotation(self, hit: Hit, reply: Answer) -> Quotation:
        excerpt = not reply.whole and is_excerpt(hit)
        question, answer = quoted(hit, excerpt)
        suffix = ", excerpt" if excerpt else ""
        return Quotation(
            head=self.head(hit.record),
            notice=self._notice(hit.record, answer, reply.as_of),
            question_label=self.text("asked" + suffix),
            question=question,
            answer_label=self.text("answered" + suffix),
            answer=answer,
            source=self._source(hit, excerpt, reply.among_many),
            id=hit.full_id,
        )

    def head(self, record: Record) -> str:
        """`卫宁健康（300253）2025-04-28 业绩说明会`."""
        when = "、".join(
            self._when(dates_.start_iso, dates_.end_iso) for dates_ in record.event_dates
        )
        return f"{record.company_name}（{record.company_code}）{when} {record.activity}".rstrip()

    def _when(self, start: str, end: str) -> str:
        printed = [
            self.text("month only", year=int(item[:4]), month=int(item[5:]))
            if len(item) == len("2026-07")
            else item
            for item in dict.fromkeys((start, end))
        ]
        if len(printed) == 1:
            return printed[0]
        return self.text("range", start=printed[0], end=printed[1])

    def _notice(self, record: Record, answer: str, as_of: date) -> str:
        event = record.last_event.end
        facts = []
        if as_of - event >= timedelta(days=self.stale_days):
            facts.append(self.text("age", age=dates.age(event, as_of)))
        gone = dates.passed(answer, event, as_of)
        if gone:
            facts.append(self.text("passed", dates="、".join(f"“{printed}”" for printed in gone)))
        joined = ("，" if self.lang == "zh" else ", ").join(facts)
        return self.text(
            "notice", facts=joined + ("；" if self.lang == "zh" else "; ") if facts else ""
        )

    def _source(self, hit: Hit, excerpt: bool, among_many: bool) -> str:
        question = self.question_name(hit, part=excerpt)
        if among_many:
            question += f" {hit.full_id if excerpt else hit.id}"
        if hit.question.kind == "table":
            return self.text("table source", question=question)
        return self.text(
            "source",
            form=self.text("form"),
            record_no=self._record_no(hit.record),
            question=question,
        )

    def _record_no(self, record: Record) -> str:
        if record.record_no:
            return self.text("record no", no=record.record_no)
        return self.text("no record no")

    def question_name(self, hit: Hit, part: bool = True) -> str:
        """`第24问第2小问（共3小问）`, `第3问（原文无编号）`."""
        item = hit.question
        name = self.text("question no", no=item.number)
        if item.printed_number is None:
            name += self.text("unnumbered")
        elif item.printed_number != item.number:
            name += self.text("printed as", session=item.session or "", no=item.printed_number)
        if part and hit.part:
            name += self.text("part no", no=hit.part, all=len(item.parts))
        return name

    def _short_name(self, hit: Hit, among_many: bool) -> str:
        if among_many:
            return hit.full_id
        return self.text("question no", no=hit.question.number)

    def _options(self, reply: Suggest) -> tuple[Option, ...]:
        return tuple(
            Option(
                letter,
                self._caption(hit, reply.among_many),
                quoted(hit, bool(hit.part))[0],
                hit.full_id,
            )
            for letter, hit in zip(_OPTION_LETTERS, reply.hits, strict=False)
        )

    def _caption(self, hit: Hit, among_many: bool) -> str:
        name = self.text("question no", no=hit.question.number)
        if among_many:
            name = f"{hit.record.company_name} {hit.record.event_date} {name}"
        return f"（{name}）"

    def _decline(self, reply: Decline) -> str:
        return self.text(
            "decline", coverage=self.coverage(reply.coverage), contact=self._how_to_reach()
        )

    def blocked(self) -> str:
        """For an answer that a platform refuses to show."""
        return self.text("blocked", contact=self._how_to_reach())

    def _how_to_reach(self) -> str:
        if self.contact:
            return self.text("contact", contact=self.contact)
        return self.text("no contact")

    def coverage(self, covered: Sequence[Coverage]) -> str:
        """`卫宁健康1份，最近2025-04-28`; at most three companies by name."""
        named = [
            self.text("coverage", name=item.company_name, records=item.records, latest=item.latest)
            for item in covered[:3]
        ]
        if len(covered) > 3:
            named.append(
                self.text(
                    "coverage, rest",
                    companies=len(covered),
                    records=sum(item.records for item in covered),
                )
            )
        return "；".join(named)

    def _listing(self, reply: Listing) -> str:
        record = reply.record
        lines = [
            self.text(
                "listing",
                head=self.head(record),
                form=self.text("form"),
                record_no=self._record_no(record),
                count=len(record.questions),
            )
        ]
        lines += [
            # `1. ` would begin a list, and may be renumbered, where a chat knows Markdown.
            f"{f'{record.id}#{item.number}' if reply.among_many else item.number}、{item.question}"
            for item in record.questions
        ]
        return "\n".join(lines)


def is_excerpt(hit: Hit) -> bool:
    """Whether the part alone may be shown: the rest holds no caveat and no lead-in it needs."""
    if hit.part is None:
        return False
    part = hit.question.part(hit.part)
    if part is None:
        return False
    answer = hit.question.answer
    lead_in = answer[: min(item.answer_span[0] for item in hit.question.parts)]
    own = answer[slice(*part.answer_span)]
    rest = answer[: part.answer_span[0]] + answer[part.answer_span[1] :]
    return not (_CAVEAT.search(rest) or _LEANS.search(own) or _says_something(lead_in))


def _says_something(lead_in: str) -> bool:
    spoken = _GREETING.sub("", lead_in, count=1)
    return bool(re.sub(r"[\s（(]*[\d一二三四五①②③④⑤]*[、.．：:）)]*", "", spoken))


def quoted(hit: Hit, excerpt: bool) -> tuple[str, str]:
    """Question and answer to show, verbatim: the part's where an excerpt is meant."""
    if excerpt and hit.part:
        question = hit.question.part_question(hit.part)
        answer = hit.question.part_answer(hit.part)
        if question is not None and answer is not None:
            return question, answer
    return hit.question.question, hit.question.answer
