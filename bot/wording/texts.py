"""Every sentence the bot says, in one place, keyed by language; and Reply → Shown.

Quotations are official words and stay as they are in every language. The form of a reply is the
design's "What a reply says".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import assert_never

from bot.commands import Plan
from bot.config import Lang
from bot.message import (
    Answer,
    Button,
    Coverage,
    Decline,
    DeskDigest,
    Digest,
    Help,
    Hit,
    Listing,
    NewRecord,
    Notice,
    Option,
    Quotation,
    Reply,
    Shown,
    Suggest,
)
from bot.record import Question, Record
from bot.wording import dates

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
    "newer": {
        "zh": "更近的活动有相近提问：{when} {question}",
        "en": "A similar question at a later event: {when} {question}",
    },
    "similar": {
        "zh": "第{place}题的相近提问：{question}",
        "en": "Similar to your question {place}: {question}",
    },
    "of several": {"zh": "【您问的第{places}题】", "en": "[Your question {places}] "},
    "unread": {
        "zh": "一次最多查{most}个提问，其余{count}个请另发一条消息。",
        "en": "At most {most} questions are looked up at a time; please send {count} more again.",
    },
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
        "直接提问：可转债何时下修？ 或只写关键词：可转债；几个问题可以分行或编号，一次最多五个\n"
        "按编号：第24问、#24、300253/2025-002#24\n"
        "最新一份记录的问题：最新\n"
        "截至某日：可转债 @2025-06-30\n"
        "只看一家公司：公司 300253（公司 全部：取消）\n"
        "看完整答复：全文；从列表中选：回复字母 A–E\n"
        "每日摘要：订阅 09:00（可加 每天、仅新增、股票代码）、退订、查看订阅、摘要（现在看一份）\n"
        "在 Slack 中也可用 /ir 加以上内容（话题内不能用斜杠命令，请提及我）。"
        "在企业微信群里请先 @我；开头的 /ir、／ir、、ir 可写可不写。"
        "除刚列出的选项和刚引用的记录外，每条消息单独理解。",
        "en": "I answer only with the official words of filed 投资者关系活动记录表, and say so "
        "when they hold nothing.\n"
        "Ask: 可转债何时下修？ or a keyword: 可转债; up to five questions, numbered or one a line\n"
        "By number: 第24问, #24, 300253/2025-002#24\n"
        "The newest record's questions: latest\n"
        "As of a day: 可转债 @2025-06-30\n"
        "One company only: company 300253 (company all: every company)\n"
        "The whole answer: 全文; pick from a list: a letter A-E\n"
        "Daily digest: subscribe 09:00 (every day, new only, company codes), unsubscribe, "
        "subscriptions, digest (one now)\n"
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
    "digest": {"zh": "每日摘要 {day}", "en": "Daily digest {day}"},
    "digest, record": {
        "zh": "{form} {record_no} 共{count}问{id}",
        "en": "{form} {record_no}, {count} questions (共{count}问){id}",
    },
    "digest, id": {"zh": "（{id}）", "en": " ({id})"},
    "digest, some": {"zh": "，列出其中{count}问", "en": ", {count} of them here"},
    "digest, corrected": {"zh": "（已更正）", "en": " (corrected)"},
    "digest, earlier": {
        "zh": "　同题此前答复：{when} 第{no}问 {id}",
        "en": "　Same question answered before (同题此前答复): {when} 第{no}问 {id}",
    },
    "digest, open": {
        "zh": "查看答复：{id}（末尾是问题序号）",
        "en": "For an answer: {id} (it ends in the question's number)",
    },
    "digest, more": {
        "zh": "另有新记录{count}份，发送“最新”加股票代码查看",
        "en": "{count} more new records; send “latest” with a company code",
    },
    "digest, history": {
        "zh": "补录历史记录{count}份（{which}）",
        "en": "{count} older records added (补录历史记录{count}份): {which}",
    },
    "digest, company": {"zh": "{name}{count}份", "en": "{name} {count}"},
    "digest, companies": {
        "zh": "{listed}等{count}家公司",
        "en": "{listed} and others, {count} companies",
    },
    "digest, daily": {"zh": "每日一问", "en": "Question of the day (每日一问)"},
    "digest, all": {"zh": "全部{count}问", "en": "All {count} questions"},
    "digest, none": {
        "zh": "现在没有可发的内容：{why}",
        "en": "There is nothing to say now: {why}",
    },
    "digest, nothing new": {
        "zh": "没有新记录（订阅为仅新增）",
        "en": "no new record (only new ones are subscribed)",
    },
    "digest, nothing left": {
        "zh": "没有可以展示的问题",
        "en": "no question may be shown",
    },
    "desk digest": {"zh": "每日摘要（内部） {day}", "en": "Daily digest for the desk {day}"},
    "desk counts": {
        "zh": "{period} 收到提问{asked}条：答复{answered}，列出相近{offered}，未找到{declined}",
        "en": "{period}: {asked} asked, {answered} answered, {offered} offered, "
        "{declined} declined",
    },
    "desk most asked": {"zh": "问得最多：", "en": "Most asked:"},
    "desk asked": {"zh": "{count}次 {id} {question}", "en": "{count}× {id} {question}"},
    "desk misses": {
        "zh": "没有直接答复的{count}条，逐条查看：irbot misses",
        "en": "{count} without a direct answer; read them with irbot misses",
    },
    "desk retired": {
        "zh": "有{count}个会话已停发（无法送达），详见 irbot doctor",
        "en": "{count} chats no longer get it (out of reach); see irbot doctor",
    },
    "desk skipped": {
        "zh": "有{count}份摘要错过时限未发，详见 irbot doctor",
        "en": "{count} digests missed their time and were not posted; see irbot doctor",
    },
    "desk unknown": {
        "zh": "有{count}份摘要不知是否送达，没有重发，详见 irbot doctor",
        "en": "{count} digests may not have arrived and were not repeated; see irbot doctor",
    },
    "holidays end": {
        "zh": "节假日表只到{end}，之后按周一至周五算交易日；请升级 irbot，"
        "或把节假日写进数据库旁的 holidays.txt",
        "en": "The holiday list ends on {end}; after that every weekday counts. Upgrade irbot, or "
        "write the holidays into holidays.txt beside the database",
    },
    "subscribed": {
        "zh": "已订阅：{plan}。下一次：{next}。取消：退订",
        "en": "Subscribed: {plan}. Next: {next}. To end it: unsubscribe",
    },
    "resubscribed": {
        "zh": "已改订：{plan}（原为{before}）。下一次：{next}。取消：退订",
        "en": "Changed: {plan} (it was {before}). Next: {next}. To end it: unsubscribe",
    },
    "plan": {
        "zh": "{days} {at}（{zone}）{what}",
        "en": "{days} {at} ({zone}) {what}",
    },
    "trading days": {"zh": "A股交易日", "en": "A-share trading days"},
    "every day": {"zh": "每天", "en": "every day"},
    "plan, digest": {"zh": "每日摘要", "en": "the daily digest"},
    "plan, desk": {"zh": "内部摘要", "en": "the desk's digest"},
    "plan, new only": {"zh": "，仅新增", "en": ", only when something is new"},
    "plan, companies": {"zh": "，只含{companies}", "en": ", only {companies}"},
    "Beijing": {"zh": "北京时间，{zone}", "en": "{zone}"},
    "unsubscribed": {
        "zh": "已退订，本会话不再收到每日摘要。",
        "en": "Unsubscribed; this chat gets no digest any more.",
    },
    "not subscribed": {
        "zh": "本会话没有订阅每日摘要。订阅：订阅 09:00",
        "en": "This chat has no digest. To get one: subscribe 09:00",
    },
    "subscription": {
        "zh": "本会话：{plan}。下一次：{next}\n{changes}",
        "en": "This chat: {plan}. Next: {next}\n{changes}",
    },
    "subscription ended": {
        "zh": "本会话现在没有订阅每日摘要。订阅：订阅 09:00\n{changes}",
        "en": "This chat has no digest now. To get one: subscribe 09:00\n{changes}",
    },
    "change": {"zh": "{at} {user} {what}", "en": "{at} {user} {what}"},
    "change, subscribed": {"zh": "订阅", "en": "subscribed"},
    "change, unsubscribed": {"zh": "退订", "en": "unsubscribed"},
    "change, retired": {"zh": "因无法送达停发", "en": "stopped, out of reach"},
    "how to subscribe": {
        "zh": "请写时间，例如：订阅 09:00。可加：每天、仅新增、六位股票代码；默认A股交易日。",
        "en": "Give a time, e.g. subscribe 09:00. You may add every day (每天), new only (仅新增) "
        "and six-digit company codes; without them it is A-share trading days.",
    },
    "bad time": {
        "zh": "看不懂“{printed}”。时间写 00:00–23:59，例如：订阅 09:00、订阅 9点、订阅 早上九点半；"
        "可加：每天、仅新增、六位股票代码。",
        "en": "“{printed}” is not readable. Write a time from 00:00 to 23:59, e.g. subscribe "
        "09:00; you may add every day (每天), new only (仅新增) and six-digit company codes.",
    },
    "not a member": {
        "zh": "我还不在这个频道里，发不了摘要。请先邀请我（/invite），再订阅。",
        "en": "I am not in this channel and cannot post here. Invite me (/invite), then subscribe.",
    },
    "archived": {
        "zh": "这个频道已归档，不能订阅。",
        "en": "This channel is archived and cannot subscribe.",
    },
    "no push": {
        "zh": "这里发不了每日摘要；请在 Slack 频道或企业微信的会话里订阅。",
        "en": "No digest can be posted here; subscribe in a Slack channel or a WeCom chat.",
    },
    "desk elsewhere": {
        "zh": "内部摘要只能发到管理员在 IR_DESK_CHANNELS 里列出的会话；"
        "本会话（{channel}）不在其中。",
        "en": "The desk's digest goes only to chats named in IR_DESK_CHANNELS; this one "
        "({channel}) is not.",
    },
    "retired": {
        "zh": "{channel} 的每日摘要已停发：{why}。要恢复，请在那里重新订阅。",
        "en": "The digest in {channel} has stopped: {why}. To get it again, subscribe there anew.",
    },
    "retired, left": {
        "zh": "连续几次发不进去，我可能已被移出",
        "en": "several posts failed, I may have been removed",
    },
    "retired, archived": {"zh": "频道已归档", "en": "the channel is archived"},
    "retired, revoked": {"zh": "授权已失效", "en": "the authorisation was revoked"},
    "retired, desk": {
        "zh": "它已不在 IR_DESK_CHANNELS 里",
        "en": "it is no longer in IR_DESK_CHANNELS",
    },
    "retired, other": {"zh": "平台拒收（{code}）", "en": "the platform refused it ({code})"},
    "home, subscriptions": {"zh": "我设置的每日摘要", "en": "Digests I set up"},
    "home, none": {
        "zh": "还没有。在频道里发送 /ir subscribe 09:00 订阅。",
        "en": "None yet. Send /ir subscribe 09:00 in a channel.",
    },
    "home, end": {"zh": "退订", "en": "Unsubscribe"},
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
    "explain": {"zh": "为什么这样答（匹配版本 {version}）", "en": "Why (matcher {version})"},
    "explain, command": {
        "zh": "没有检索：这条消息是{what}。",
        "en": "No search was made: this message is {what}.",
    },
    "command, Ask": {
        "zh": "提问，但库中还没有可显示的记录",
        "en": "a question, but the store holds no record to show",
    },
    "command, Show": {"zh": "按编号查问题", "en": "a question by its number"},
    "command, ShowRecord": {"zh": "按编号查记录", "en": "a record by its id"},
    "command, ShowLatest": {"zh": "查最新一份记录", "en": "a call for the newest record"},
    "command, ShowWhole": {"zh": "要看全文", "en": "a call for the whole answer"},
    "command, Pick": {"zh": "从列出的提问中选一个", "en": "a pick from the list"},
    "command, SetCompany": {"zh": "设定只看哪家公司", "en": "a choice of company"},
    "command, ShowHelp": {"zh": "看用法，或没有内容", "en": "a call for help, or empty"},
    "command, Unreadable": {"zh": "命令，但写法看不懂", "en": "a command that is not readable"},
    "command, Subscribe": {"zh": "订阅", "en": "a subscription"},
    "command, Unsubscribe": {"zh": "退订", "en": "the end of a subscription"},
    "command, ShowSubscription": {"zh": "查看订阅", "en": "a look at subscriptions"},
    "command, ShowDigest": {"zh": "看摘要", "en": "a call for a digest"},
    "explain, searched": {"zh": "按此检索：{said}", "en": "Searched for: {said}"},
    "explain, left out": {"zh": "  去掉的客套话：{said}", "en": "  greetings left out: {said}"},
    "explain, repaired": {"zh": "  改正的写法：{said}", "en": "  repaired: {said}"},
    "explain, matter": {"zh": "  关键词和分量：{said}", "en": "  words and their weight: {said}"},
    "explain, common": {
        "zh": "  常用词（分量减半）：{said}",
        "en": "  everyday words (half weight): {said}",
    },
    "explain, asking": {
        "zh": "  问法用词（几乎不计）：{said}",
        "en": "  words of asking (next to none): {said}",
    },
    "explain, company": {
        "zh": "  公司名（只查这家公司，不计分量）：{said}",
        "en": "  company (narrows the search, no weight): {said}",
    },
    "explain, not stored": {"zh": "（库中没有）", "en": " (not stored)"},
    "explain, synonyms": {"zh": "  同义说法：{said}", "en": "  words for the same: {said}"},
    "explain, and": {"zh": "；", "en": "; "},
    "explain, pins": {"zh": "  提问限定了：{said}", "en": "  it pins down: {said}"},
    "explain, counted": {
        "zh": "  今年、本季度等从 {said} 算起",
        "en": "  this year, this quarter and the like count from {said}",
    },
    "explain, touchy": {
        "zh": "  敏感词（原文没有这个词就不答也不列）：{said}",
        "en": "  touchy words (nothing is shown that does not hold them): {said}",
    },
    "explain, company only": {"zh": "  只查公司：{said}", "en": "  only company {said}"},
    "explain, as of": {"zh": "  只查活动日期到 {said} 为止", "en": "  only events up to {said}"},
    "pin, year": {"zh": "{said}年", "en": "year {said}"},
    "pin, quarter": {"zh": "第{said}季度", "en": "quarter {said}"},
    "pin, half 1": {"zh": "上半年", "en": "first half"},
    "pin, half 2": {"zh": "下半年", "en": "second half"},
    "pin, figure": {"zh": "数字{said}", "en": "figure {said}"},
    "pin, metric": {"zh": "指标“{said}”", "en": "metric {said}"},
    "pin, company": {"zh": "公司“{said}”", "en": "company {said}"},
    "pin, up": {"zh": "上升", "en": "up"},
    "pin, down": {"zh": "下降", "en": "down"},
    "pin, now": {"zh": "目前", "en": "at present"},
    "pin, day": {"zh": "{said}", "en": "{said}"},
    "pin, amount": {"zh": "问数量或比例", "en": "asks how much"},
    "pin, money": {"zh": "问金额", "en": "asks for money"},
    "pin, when": {"zh": "问时间", "en": "asks when"},
    "explain, meaning": {"zh": "语义比较：{said}", "en": "Meaning: {said}"},
    "meaning, used": {"zh": "已用", "en": "compared"},
    "meaning, sure": {"zh": "未用，按字词已足够确定", "en": "not needed, words alone are sure"},
    "meaning, no model": {
        "zh": "未用，没有安装语义模型（见 irbot doctor）",
        "en": "not compared, no model is installed (see irbot doctor)",
    },
    "meaning, too large": {
        "zh": "未用，库中有{size}字，超过{most}字不再比较",
        "en": "not compared, {size} characters are stored and {most} is the limit",
    },
    "meaning, no vectors": {
        "zh": "未用，{texts}句中有{missing}句还没有向量（见 irbot doctor）",
        "en": "not compared, {missing} of {texts} texts have no vector yet (see irbot doctor)",
    },
    "meaning, nothing": {"zh": "没有可比较的候选", "en": "no candidate to compare"},
    "explain, candidates": {"zh": "候选，最好的在前：", "en": "Candidates, best first:"},
    "explain, none": {"zh": "候选：没有", "en": "Candidates: none"},
    "found": {
        "zh": "{place}. {id} {company}{when} 把握{confidence}",
        "en": "{place}. {id} {company} {when} confidence {confidence}",
    },
    "found, question": {"zh": "   提问开头：{said}", "en": "   begins: {said}"},
    "found, words": {
        "zh": "   对上的词：{matched}（逐两字比，对上{share}，只看提问{asked}）",
        "en": "   words found: {matched} ({share} by weight, {asked} in the question alone)",
    },
    "found, through": {"zh": "   靠同义对上：{said}", "en": "   by words for the same: {said}"},
    "found, missing": {"zh": "   没有的词：{said}", "en": "   words missing: {said}"},
    "found, score": {
        "zh": "   排序分{score}（字词{words}，语义{like}）",
        "en": "   score {score} (words {words}, meaning {like})",
    },
    "found, not compared": {"zh": "未比较", "en": "not compared"},
    "found, conflict": {"zh": "   冲突：{said}", "en": "   conflict: {said}"},
    "conflict": {
        "zh": "问的是{asked}，这条说的是{stored}",
        "en": "asked is {asked}, this one speaks of {stored}",
    },
    "conflict, absent": {
        "zh": "问的是{asked}，这条没有提到",
        "en": "asked is {asked}, of which this one does not speak",
    },
    "guard, year": {"zh": "年份", "en": "year"},
    "guard, quarter": {"zh": "季度", "en": "quarter"},
    "guard, now": {"zh": "目前", "en": "at present"},
    "guard, figure": {"zh": "数字", "en": "figure"},
    "guard, metric": {"zh": "指标", "en": "metric"},
    "guard, company": {"zh": "公司", "en": "company"},
    "guard, direction": {"zh": "涨跌方向", "en": "direction"},
    "result, answer": {"zh": "结果：作答。", "en": "Result: answered. "},
    "result, suggest": {"zh": "结果：没有作答，列出相近提问。", "en": "Result: offered. "},
    "result, decline": {"zh": "结果：不作答，也不列相近提问。", "en": "Result: declined. "},
    "why, answered": {
        "zh": "第1条的把握{said}，达到{caution}要求的{needed}",
        "en": "The first one's confidence of {said} is at least {needed} ({caution})",
    },
    "why, below answer": {
        "zh": "第1条的把握{said}，不到{caution}要求的{needed}",
        "en": "the first one's confidence of {said} is below {needed} ({caution})",
    },
    "why, below offers": {
        "zh": "第1条的把握{said}，连列出所需的{offer}都不到",
        "en": "the first one's confidence of {said} is below the {offer} of an offer",
    },
    "why, guard": {
        "zh": "第1条与提问冲突（{said}），有冲突的从不作答",
        "en": "the first one contradicts the message ({said}) and so never answers",
    },
    "why, contested": {
        "zh": "更近的记录或别的公司（{said}）也可能是所问的，所以请提问人选",
        "en": "a newer record or another company ({said}) may be meant too, so the asker picks",
    },
    "why, one of many": {
        "zh": "同一份记录里另有答复也含这些词，所以请提问人选",
        "en": "another answer of the record holds all these words too, so the asker picks",
    },
    "why, no words": {
        "zh": "消息里没有可以检索的词",
        "en": "the message holds no word to search for",
    },
    "why, nothing similar": {
        "zh": "可查的提问和答复里都没有这些词",
        "en": "no question that may be shown holds any of these words",
    },
    "why, names a company other than the chat's": {
        "zh": "消息说的公司不是限定的那一家",
        "en": "the message names another company than the one it is limited to",
    },
    "why, names a company that is not stored": {
        "zh": "消息说的公司（{said}）没有收录",
        "en": "the message names a company ({said}) that is not stored",
    },
    "why, touches a matter of which no record speaks": {
        "zh": "含敏感词，而候选的原文里都没有这个词",
        "en": "it holds a touchy word that no candidate holds",
    },
    "apology": {
        "zh": "抱歉，这条消息处理出错，已记入日志。请换个说法再试，或联系投资者关系部门。",
        "en": "Sorry, this message failed and was logged. Please try other words or ask the desk.",
    },
}

_OPTION_LETTERS = "ABCDE"
_BRIEF = 120  # characters of a question that reads well in a list

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

    def has(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in _TEXTS

    def listed(self, items: Iterable[str]) -> str:
        """`可转债、下修`."""
        return ("、" if self.lang == "zh" else ", ").join(items)

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
                return Shown(lead=reply.text, mentions=reply.mentions)
            case Digest():
                return self._digest(reply)
            case DeskDigest():
                return self._desk_digest(reply)
            case _:
                assert_never(reply)

    def _answer(self, reply: Answer) -> Shown:
        quotations = tuple(self._quotation(hit, reply) for hit in reply.hits)
        if reply.places:
            quotations = tuple(
                replace(quotation, head=self._of_several(places) + quotation.head)
                for quotation, places in zip(quotations, reply.places, strict=True)
            )
        whole = self.text("whole")
        excerpts = dict.fromkeys(
            hit.id for hit in reply.hits if not reply.whole and is_excerpt(hit)
        )
        buttons = [
            Button(f"{whole} {id_}" if len(reply.hits) > 1 else whole, f"{whole} {id_}")
            for id_ in excerpts
        ]
        buttons += [
            Button(
                self.text(
                    "newer",
                    when=hit.record.event_date,
                    question=self._short_name(hit, reply.among_many),
                ),
                hit.full_id,
            )
            for hit in reply.newer
        ]
        buttons += [
            Button(
                self.text("similar", place=place, question=self._short_name(hit, reply.among_many)),
                hit.full_id,
            )
            for place, hit in reply.similar
        ]
        buttons += [
            Button(self.text("same", question=self._short_name(hit, reply.among_many)), hit.full_id)
            for hit in reply.related
        ]
        not_found = [
            self._of_several([place]) + self.text("not found", asked=asked)
            for place, asked in reply.not_found
        ]
        if reply.unread:
            not_found.append(self.text("unread", most=len(reply.asked), count=reply.unread))
        return Shown(quotations=quotations, not_found=tuple(not_found), buttons=tuple(buttons))

    def _of_several(self, places: Sequence[int]) -> str:
        return self.text("of several", places="、".join(map(str, places)))

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

    # Digests

    def _digest(self, reply: Digest) -> Shown:
        lines = [self.text("digest", day=self.day(reply.day))]
        heads = [lines[0]]
        buttons: list[Button] = []
        for item in reply.new:
            heads.append(self._digest_head(item))
            lines += ["", heads[-1], *self._digest_record(item, reply)]
            buttons += self._digest_buttons(item, reply)
        remarks = []
        if reply.more:
            remarks.append(self.text("digest, more", count=reply.more))
        if reply.history:
            remarks.append(self._history(reply.history))
            if len(reply.history) == 1:
                buttons.append(Button(reply.history[0].id, reply.history[0].id))
        if remarks:
            lines += ["", *remarks]
        quotations: tuple[Quotation, ...] = ()
        if reply.daily:
            heads.append(self.text("digest, daily"))
            lines += ["", heads[-1]]
            daily = self._answer(reply.daily)
            quotations = daily.quotations
            buttons += daily.buttons
        heads += [
            self.text("question no", no=question.number)
            for item in reply.new
            for question in _listed(item.record, reply.most)
        ]
        return Shown(
            "\n".join(lines),
            quotations,
            buttons=tuple(buttons),
            heads=tuple(dict.fromkeys(heads)),
        )

    def _digest_head(self, item: NewRecord) -> str:
        corrected = self.text("digest, corrected") if item.is_corrected else ""
        return self.head(item.record) + corrected

    def _digest_record(self, item: NewRecord, reply: Digest) -> list[str]:
        """The record's own lines: number, some of its questions, how to open one."""
        record, listed = item.record, _listed(item.record, reply.most)
        about = self.text(
            "digest, record",
            form=self.text("form"),
            record_no=self._record_no(record),
            count=len(record.questions),
            id="" if listed else self.text("digest, id", id=record.id),
        )
        if listed and len(listed) < len(record.questions):
            about += self.text("digest, some", count=len(listed))
        lines = [about]
        earlier = dict(item.earlier)
        for question in listed:
            lines.append(f"{self.text('question no', no=question.number)} {question.question}")
            if before := earlier.get(question.number):
                lines.append(
                    self.text(
                        "digest, earlier",
                        when=before.record.event_date,
                        no=before.question.number,
                        id=before.id,
                    )
                )
        if listed:
            lines.append(self.text("digest, open", id=f"{record.id}#{listed[0].number}"))
        return lines

    def _digest_buttons(self, item: NewRecord, reply: Digest) -> list[Button]:
        """The whole record; each listed question too, where there is but one record."""
        record = item.record
        if len(reply.new) > 1:
            return [
                Button(f"{record.company_name} {record.record_no or record.event_date}", record.id)
            ]
        buttons = [
            Button(self.text("question no", no=question.number), f"{record.id}#{question.number}")
            for question in _listed(record, reply.most)
        ]
        whole = self.text("digest, all", count=len(record.questions))
        return [*buttons, Button(whole, record.id)] if record.questions else buttons

    def _history(self, records: Sequence[Record]) -> str:
        counts = Counter(record.company_name for record in records)
        which = (
            [record.id for record in records]
            if len(records) <= 3
            else [
                self.text("digest, company", name=name, count=count)
                for name, count in counts.most_common(3)
            ]
        )
        listed = "、".join(which)
        if len(counts) > 3:
            listed = self.text("digest, companies", listed=listed, count=len(counts))
        return self.text("digest, history", count=len(records), which=listed)

    def _desk_digest(self, reply: DeskDigest) -> Shown:
        lead = self.text("desk digest", day=self.day(reply.day))
        lines = [
            lead,
            "",
            self.text(
                "desk counts",
                period=self._when(reply.since.isoformat(), reply.until.isoformat()),
                asked=reply.answered + reply.offered + reply.declined,
                answered=reply.answered,
                offered=reply.offered,
                declined=reply.declined,
            ),
        ]
        if reply.most_asked:
            lines += ["", self.text("desk most asked")]
        lines += [
            self.text("desk asked", count=count, id=hit.id, question=hit.question.question)
            for hit, count in reply.most_asked
        ]
        lines += ["", self.text("desk misses", count=reply.offered + reply.declined)]
        for key in ("retired", "skipped", "unknown"):
            if count := getattr(reply, key):
                lines.append(self.text(f"desk {key}", count=count))
        if reply.holidays_end:
            lines.append(self.text("holidays end", end=reply.holidays_end))
        return Shown("\n".join(lines), heads=(lead,))

    def day(self, day: date) -> str:
        """`2026-11-25（周三）`."""
        if self.lang == "en":
            return f"{day:%Y-%m-%d (%a)}"
        return f"{day}（周{'一二三四五六日'[day.weekday()]}）"

    def instant(self, at: datetime) -> str:
        """`2026-11-25（周三） 09:00`."""
        return f"{self.day(at.date())} {at:%H:%M}"

    def plan(self, plan: Plan, tz: tzinfo) -> str:
        """`A股交易日 09:00（北京时间，Asia/Shanghai）每日摘要，仅新增`."""
        zone = str(tz)
        what = self.text("plan, desk" if plan.desk else "plan, digest")
        if plan.new_only:
            what += self.text("plan, new only")
        if plan.companies:
            what += self.text("plan, companies", companies="、".join(plan.companies))
        return self.text(
            "plan",
            days=self.text("every day" if plan.every_day else "trading days"),
            at=plan.at.isoformat("minutes"),
            zone=self.text("Beijing", zone=zone) if zone == "Asia/Shanghai" else zone,
            what=what,
        )


def _listed(record: Record, most: int) -> list[Question]:
    """Some of the questions, in order; overlong ones only where there are too few others."""
    brief = sorted(record.questions, key=lambda item: len(item.question) > _BRIEF)[:most]
    chosen = {item.number for item in brief}
    return [item for item in record.questions if item.number in chosen]


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
