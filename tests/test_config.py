"""What is said of settings that are not what was meant."""

from __future__ import annotations

import pytest

from bot.config import examine_settings, load_settings
from bot.errors import SettingsError


def settings(folder, content, **environ):
    (folder / ".env").write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_settings(environ, folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("IR_LANG=zh\nIR_CONTACT=证券部".encode("gbk"), "第2行不是 UTF-8（可能是 GBK）；请另存为"),
        ("IR_CONTACT=证券部".encode("utf-16"), "是 UTF-16 编码；请另存为 UTF-8"),
        ("IR_CONTACT=desk".encode("utf-16-le"), "是 UTF-16 编码；请另存为 UTF-8"),
        ("# 联系方式\nIR_CONTACT＝证券部", "第2行的等号是全角的“＝”；请改为半角的 ="),
        ("export IR_LANG ＝ zh", "第1行的等号是全角的“＝”；请改为半角的 ="),
    ],
)
def test_a_file_that_sets_nothing_is_refused_with_the_place(tmp_path, content, said):
    with pytest.raises(SettingsError) as raised:
        settings(tmp_path, content)
    assert said in str(raised.value)
    assert str(tmp_path / ".env") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_names_that_are_no_settings_are_remarked_with_what_was_meant(tmp_path):
    text = "IR_CONTATC=证券部\nir_db=a.db\nHTTP_PROXI=http://a:1\nOTHER=1\nhttps_proxy=a\n"
    found = settings(
        tmp_path,
        text,
        IR_SOMETHING_ELSE="1",
        SLACK_BOT_TOKN="xoxb-1",
        WECON_BOT_ID="aib",
        WECOM_KF_OPENID="wk1",
        FTP_PROXY="http://a:1",
        IR_TEST_RECORDS="a",
    )
    assert found.remarks == (
        "没有 HTTP_PROXI 这一项设置，未使用；是不是 HTTP_PROXY？",
        "没有 IR_CONTATC 这一项设置，未使用；是不是 IR_CONTACT？",
        "没有 IR_SOMETHING_ELSE 这一项设置，未使用；各项见 .env.example",
        "没有 SLACK_BOT_TOKN 这一项设置，未使用；是不是 SLACK_BOT_TOKEN？",
        "没有 WECOM_KF_OPENID 这一项设置，未使用；是不是 WECOM_KF_OPEN_ID？",
        "没有 WECON_BOT_ID 这一项设置，未使用；是不是 WECOM_BOT_ID？",
        "没有 https_proxy 这一项设置，未使用；是不是 HTTPS_PROXY？",
        "没有 ir_db 这一项设置，未使用；是不是 IR_DB？",
    )


def test_each_of_several_faults_is_named(tmp_path):
    with pytest.raises(SettingsError) as raised:
        settings(tmp_path, "IR_LANG=de\nIR_STALE_DAYS=-1\nIR_TZ=Mars\nIR_HTTP=8300\nIR_NOW=heute")
    faults = str(raised.value).splitlines()
    assert [fault.split()[0] for fault in faults] == [
        "IR_TZ",
        "IR_HTTP",
        "IR_LANG",
        "IR_NOW",
        "IR_STALE_DAYS",
    ]


def test_a_file_from_windows_is_read_as_it_was_meant(tmp_path):
    text = (
        "\ufeffIR_LANG = en\r\nIR_CONTACT='证券部 #2楼'  \r\n\r\n export IR_STALE_DAYS= \"30\" \r\n"
    )
    found = settings(tmp_path, text)
    assert (found.lang, found.contact, found.stale_days, found.remarks) == (
        "en",
        "证券部 #2楼",
        30,
        (),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("IR_CONTACT=“证券部”", " IR_CONTACT：引号是全角的"),
        ("IR_CONTACT=＂证券部＂", " IR_CONTACT：引号是全角的"),
        (
            "IR_CONTACT=a\nIR_LANG=zh\nIR_CONTACT=b",
            ".env 第3行 IR_CONTACT 前面已经设过；以这一行为准",
        ),
        ('IR_CONTACT="证券部', ".env 第1行不合写法"),
    ],
)
def test_what_was_meant_otherwise_is_remarked(tmp_path, text, said):
    (remark,) = settings(tmp_path, text).remarks
    assert said in remark


@pytest.mark.parametrize(
    ("line", "contact", "remarked"),
    [
        ("IR_CONTACT=证券部 #2楼", "证券部", True),
        ("export IR_CONTACT = 证券部 #2楼", "证券部", True),
        ('IR_CONTACT="证券部 #2楼"', "证券部 #2楼", False),
        ("IR_CONTACT=证券部 # 值班电话", "证券部", False),  # a remark, as people write one
        ("IR_CONTACT=证券部#2楼", "证券部#2楼", False),
        ("#IR_CONTACT=证券部 #2楼", "", False),
    ],
)
def test_text_lost_behind_a_sign_is_remarked(tmp_path, line, contact, remarked):
    found = settings(tmp_path, f"IR_LANG=zh\n{line}\n")
    assert found.contact == contact
    said = [".env 第2行 IR_CONTACT：“ #”后面的文字被当作注释，没有读入；要读入，请给整个值加上引号"]
    assert list(found.remarks) == said * remarked


def test_lines_that_set_nothing_are_remarked(tmp_path, caplog):
    text = "# desk\n\nIR_CONTACT 证券部\nIR_LANG：en\nIR_DB='a\nb'\nIR_TZ=Asia/Shanghai\n"
    found = settings(tmp_path, text)
    assert (found.contact, found.lang, found.db) == ("", "zh", tmp_path / "a\nb")
    assert found.remarks == (
        ".env 第3行不合写法，没有读入；应为 名字=值",
        ".env 第4行不合写法，没有读入；应为 名字=值",
    )
    assert caplog.records == []


def test_every_setting_of_the_example_is_known(tmp_path):
    from tests.conftest import SAMPLE

    example = (SAMPLE.parents[2] / ".env.example").read_text(encoding="utf-8")
    lines = [line[1:] for line in example.splitlines() if line.startswith("#IR_")]
    assert len(lines) > 10
    assert settings(tmp_path, "\n".join(lines)).remarks == ()


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert settings(tmp_path, "\ufeffIR_CONTACT=desk").contact == "desk"


def test_managers_are_ids_between_commas(tmp_path):
    assert settings(tmp_path, "IR_MANAGERS=U1， zhangsan,").managers == ("U1", "zhangsan")


def test_doctor_and_start_say_it(irbot, tmp_path):
    (tmp_path / ".env").write_text("IR_CONTATC=a\n", encoding="utf-8")
    assert "设置：没有 IR_CONTATC 这一项设置，未使用；是不是 IR_CONTACT？" in irbot("doctor").stdout
    (tmp_path / ".env").write_bytes("IR_CONTACT=证券部".encode("gbk"))
    said = f"{tmp_path}/.env 第1行不是 UTF-8（可能是 GBK）；请另存为 UTF-8 编码"
    assert f"坏 设置：{said} → " in irbot("doctor").stdout
    done = irbot("start")
    assert (done.returncode, done.stderr) == (1, f"{said}\n")


@pytest.mark.parametrize("name", ["IR_LANG", "IR_TZ", "IR_HTTP", "IR_STALE_DAYS", "IR_NOW"])
def test_a_malformed_setting_is_told_with_its_value_and_where_it_is(tmp_path, name):
    (tmp_path / ".env").write_text(f"{name}='o\x1bdd one'\n", encoding="utf-8")
    (in_file,) = examine_settings({}, tmp_path)[1]
    assert in_file.startswith(name)
    assert in_file.endswith("；.env 里是“o\\x1bdd one”")
    (in_environment,) = examine_settings({name: "else"}, tmp_path)[1]
    assert in_environment.endswith("；环境变量里是“else”")


def test_no_fault_tells_what_may_be_a_secret(tmp_path):
    secret = "hush#\u5bc6"
    names = ("IR_READER_KEY", "IR_READER_URL", "IR_PUBLIC_URL", "IR_CALLBACK_URL")
    faults = examine_settings(dict.fromkeys(names, secret), tmp_path)[1]
    assert len(faults) >= len(names)
    assert secret not in "".join(faults)


PASSWORD = "hush"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://irbot:hush@db/ir", "postgresql://irbot@db/ir"),
        ("postgres://irbot:hu%40sh@db:5433/ir", "postgresql://irbot@db:5433/ir"),
        (
            "postgresql://irbot:hush@a:5432,b,[::1]:5433/ir?target_session_attrs=read-write",
            "postgresql://irbot@a:5432,b,[::1]:5433/ir?target_session_attrs=read-write",
        ),
        (
            "postgresql:///ir?password=hush&host=/run/postgresql&sslpassword=hush",
            "postgresql:///ir?host=/run/postgresql",
        ),
    ],
)
def test_a_database_of_postgresql_is_shown_without_its_password(tmp_path, url, shown):
    found = settings(tmp_path, f"IR_DB={url}\n")
    assert (str(found.db), found.db.url, found.folder) == (shown, url, tmp_path / "data")
    assert PASSWORD not in f"{found!r} {found.db!r} {[found.db]}"
    assert settings(tmp_path, f"IR_DB={url}\nIR_FOLDER=own").folder == tmp_path / "own"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://irbot:hush@db",  # of no database
        "postgresql://irbot:hush@db/",
        "postgresql://irbot:h@hush@db/ir",  # what of a password is to be written otherwise
        "postgresql://irbot:1/hush@db/ir",
        "postgresql://irbot:#hush@db/ir",
        "postgresql://irbot:?hush@db/ir",
        "postgresql://irbot:100%hush@db/ir",
        "'postgresql://irbot:hush @db/ir'",
        "postgresql://irbot:hush@db:0/ir",
        "postgresql://irbot:hush@db:70000/ir",
        "postgresql://irbot:hush@db/ir?sslmode",
        "postgresql:irbot:hush@db/ir",
        "mysql://irbot:hush@db/ir",
    ],
)
def test_a_malformed_database_is_a_fault_that_tells_no_password(tmp_path, url):
    with pytest.raises(SettingsError) as raised:
        settings(tmp_path, f"IR_DB={url}\n")
    assert str(raised.value).startswith("IR_DB ")
    assert PASSWORD not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_has_its_own_folder(tmp_path):
    assert settings(tmp_path, "IR_DB=a/irbot.db\nIR_FOLDER=own").folder == tmp_path / "a"
