"""What a Slack message says, whatever form it has."""

from __future__ import annotations

import json

import pytest

from handlers.slack.reading import Said, question_in, read


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("<@U0BOT> 毛利率 &gt; 40%？", "毛利率 > 40%？"),
        ("<@U0BOT|irbot> <@W3|张三> <!here> <!channel|channel> 可转债", "可转债"),
        ("<!subteam^S1|@ir-desk> <#C1|general> 可转债 <#C2>", "可转债"),
        ("<!date^1392734382^Posted {date}^https://a.example/x|Feb 18> 可转债", "可转债"),
        (":wave::skin-tone-3: 可转债 :+1::smile: :flag-cn: :100:", "可转债"),
        ("会议 09:30:15 开始：问题:可转债:进展", "会议 09:30:15 开始：问题:可转债:进展"),
        ("<https://www.cninfo.com.cn/new/a?b=c> 可转债", "可转债"),
        ("<https://a.example/x|可转债公告> 怎么看", "可转债公告 怎么看"),
        ("<http://cninfo.com.cn|cninfo.com.cn> <mailto:ir@a.example|ir@a.example> 关税", "关税"),
        # Slack takes a trader's code for an address in Eswatini
        ("<http://300253.SZ|300253.SZ> 第3问", "300253.SZ 第3问"),
        ("<tel:300253|300253>", "300253"),
        ("*可转债*\n_何时_ ~下修~", "*可转债*\n_何时_ ~下修~"),
        # typed by a person, hence escaped: no mark, and none when it is said back
        ("&lt;!channel&gt; &amp;amp; 可转债", "<!channel> &amp; 可转债"),
        ("<https://a.example|<@U1>> 可转债", "可转债"),
        ("<<@U1>> <@U1<@U2>> 可转债", "< > > 可转债"),
        ("<@U1", "<@U1"),
        ("\ud800可转债", "?可转债"),
        ("：：：", "：：："),
        ("", ""),
    ],
)
def test_marks_weigh_nothing_and_words_stay(text, asked):
    assert question_in(text) == asked


def rich(*elements):
    return [
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [*elements]}]}
    ]


def words(text, **more):
    return {"type": "text", "text": text, **more}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"text": "可转债", "blocks": rich(words("别的"))}, Said("可转债")),
        (
            {
                "text": "",
                "blocks": rich(
                    {"type": "user", "user_id": "U0BOT"},
                    words("可转债 & <何时>", style={"bold": True}),
                    {"type": "emoji", "name": "smile"},
                    {"type": "link", "url": "https://a.example"},
                    words("下修？"),
                ),
            },
            Said("可转债 & <何时> 下修？"),
        ),
        (
            {
                "blocks": [
                    {"type": "header", "text": {"type": "plain_text", "text": "投资者提问"}},
                    {"type": "divider"},
                    {
                        "type": "section",
                        "text": {"type": "mrkdwn", "text": "<@U1> 可转债 &gt; 0？"},
                    },
                    {"type": "section", "fields": [{"type": "mrkdwn", "text": "关税"}]},
                    {
                        "type": "actions",
                        "elements": [
                            {"type": "button", "text": {"type": "plain_text", "text": "全文"}}
                        ],
                    },
                ]
            },
            Said("投资者提问\n 可转债 > 0？\n 关税"),
        ),
        # forwarded, with a word of one's own
        (
            {
                "text": "<@U0BOT> 帮我查一下",
                "attachments": [
                    {"is_share": True, "author_name": "张三", "text": "<@U2> 可转债何时下修？"}
                ],
            },
            Said("帮我查一下", "可转债何时下修？"),
        ),
        (
            {
                "text": "",
                "attachments": [
                    {
                        "is_msg_unfurl": True,
                        "fallback": "[no preview available]",
                        "message_blocks": [{"message": {"blocks": rich(words("关税影响"))}}],
                    },
                    {"title": "公告", "text": "下修", "fallback": "x"},
                    {"fallback": "只有这一句"},
                ],
            },
            Said("", "关税影响\n公告\n下修\n只有这一句"),
        ),
        ({"text": 7, "blocks": "x", "attachments": {"text": "可转债"}}, Said("")),
        (
            {"text": None, "blocks": [7, None, {"type": []}], "attachments": [7, {"text": {}}]},
            Said(""),
        ),
    ],
)
def test_all_of_a_message_is_read(message, said):
    assert read(message) == said


def test_nesting_to_any_depth_is_read_in_order_and_length_has_an_end():
    blocks = rich(words("里层"))
    for _ in range(5_000):
        blocks = [{"type": "rich_text", "elements": [words("外"), *blocks]}]
    assert read({"blocks": blocks}).typed.startswith("外外")
    assert read({"blocks": blocks}).typed.replace("\n", "").endswith("里层")
    quotes = "[" * 100 + json.dumps({"type": "text", "text": "可转债"}) + "]" * 100
    assert read({"blocks": json.loads(quotes)}).typed == "可转债"
    long = read(
        {"attachments": [{"text": "长" * 30_000}] * 9, "blocks": [words("长" * 10)] * 9_000}
    )
    assert (len(long.typed), len(long.quoted)) == (40_000, 40_000)
