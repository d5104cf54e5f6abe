"""Settings come from the environment or a file, and whatever is wrong is one clear line."""

import stat

import pytest

from polydesk.server.config import ConfigError, allowed_hosts, base_url, load
from polydesk.server.options import SETTINGS

pytestmark = pytest.mark.spec("PL-004")


def test_without_any_setting_the_defaults_hold(tmp_path):
    values = load({"POLYDESK_DATA_DIR": str(tmp_path)})
    assert (values["HOST"], values["PORT"], values["DATABASE_URL"], values["DEBUG"]) == ("127.0.0.1", 8000, "", False)
    assert set(values) == {setting.name for setting in SETTINGS}


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("POLYDESK_PROT", "1", "POLYDESK_PROT is no setting"),
        ("POLYDESK_PORT", "80a", "POLYDESK_PORT=80a: must be a whole number from 1 to 65535"),
        ("POLYDESK_PORT", "0", "must be a whole number"),
        ("POLYDESK_DEBUG", "maybe", "must be on or off"),
        ("POLYDESK_LOG_LEVEL", "loud", "must be one of debug, info, warning, error"),
        ("POLYDESK_BASE_URL", "desk.example", "must start with http"),
        ("DATABASE_URL", "mysql://x/y", "must start with postgres://"),
        ("POLYDESK_OIDC_NAME", "Corp", "needs POLYDESK_OIDC_ISSUER"),
    ],
)
def test_a_wrong_name_or_value_is_one_clear_line(tmp_path, name, value, complaint):
    with pytest.raises(ConfigError, match=complaint) as refused:
        load({"POLYDESK_DATA_DIR": str(tmp_path), name: value})
    assert "\n" not in str(refused.value)


def test_a_bad_secret_is_refused_without_being_shown(tmp_path):
    with pytest.raises(ConfigError) as refused:
        load({"POLYDESK_DATA_DIR": str(tmp_path), "POLYDESK_SECRET_KEY": "hunter2"})
    assert "hunter2" not in str(refused.value)


def write(path, text, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_the_file_gives_what_the_environment_does_not(tmp_path):
    file = write(tmp_path / "any.toml", 'port = 9000\nlog_level = "error"\nfaces_off = ["crm", "portal"]\n')
    values = load({"POLYDESK_CONFIG": file, "POLYDESK_DATA_DIR": str(tmp_path), "POLYDESK_PORT": "9001"})
    assert (values["PORT"], values["LOG_LEVEL"], values["FACES_OFF"]) == (9001, "error", ("crm", "portal"))


def test_the_file_in_the_data_folder_is_found_by_itself(tmp_path):
    write(tmp_path / "polydesk.toml", "threads = 3\n")
    assert load({"POLYDESK_DATA_DIR": str(tmp_path)})["THREADS"] == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("prot = 1\n", "prot is no setting"), ("port = \n", "polydesk.toml: "), ("port = true\n", "PORT")],
)
def test_a_wrong_file_is_one_clear_line(tmp_path, text, complaint):
    write(tmp_path / "polydesk.toml", text)
    with pytest.raises(ConfigError, match=complaint):
        load({"POLYDESK_DATA_DIR": str(tmp_path)})


@pytest.mark.spec("RS-192")
@pytest.mark.parametrize("mode", [0o604, 0o620, 0o666])
def test_a_file_that_others_may_touch_stops_the_start(tmp_path, mode):
    write(tmp_path / "polydesk.toml", "port = 1\n", mode)
    with pytest.raises(ConfigError, match="chmod"):
        load({"POLYDESK_DATA_DIR": str(tmp_path)})


@pytest.mark.spec("RS-192")
@pytest.mark.parametrize(
    "given",
    [
        {"POLYDESK_SECRET_KEY": "short"},
        {"POLYDESK_SECRET_KEY": "a" * 60},
        {"POLYDESK_AUDIT_KEY": "12345678"},
        {"POLYDESK_DEBUG": "on", "POLYDESK_HOST": "0.0.0.0"},
    ],
)
def test_a_weak_secret_or_debugging_in_public_stops_the_start(tmp_path, given):
    with pytest.raises(ConfigError):
        load({"POLYDESK_DATA_DIR": str(tmp_path), **given})


@pytest.mark.spec("RS-150")
def test_only_configured_names_are_answered(tmp_path):
    values = load(
        {"POLYDESK_DATA_DIR": str(tmp_path), "POLYDESK_BASE_URL": "https://desk.example/", "POLYDESK_HOST": "0.0.0.0"}
    )
    assert base_url(values) == "https://desk.example"
    assert "desk.example" in allowed_hosts(values)
    assert not {"*", "0.0.0.0"} & set(allowed_hosts(values))


@pytest.mark.spec("PL-003", "RS-192")
def test_keys_are_made_once_and_only_their_owner_may_read_them(tmp_path):
    from polydesk.server import keys

    folder = tmp_path / "desk"
    keys.prepare(folder)
    made = keys.key("secret-key", folder)
    keys.prepare(folder)
    assert keys.key("secret-key", folder) == made
    assert len(made) >= 60
    assert stat.S_IMODE((folder / "secret-key").stat().st_mode) == 0o600
    (folder / "secret-key").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        keys.key("secret-key", folder)
