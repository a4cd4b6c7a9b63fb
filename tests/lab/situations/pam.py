"""PAM modules that refuse, are missing or are misconfigured."""
from situations import situation
from world import ALICE_FROM

ALICE = dict(stage="auth", users=["alice"], sources=[ALICE_FROM])
BOB = dict(stage="auth", users=["bob"], sources=[ALICE_FROM])
PASSWORD_REJECTED = dict(causes=["client.wrong-password"], stage="auth", users=["alice"],
                         cite="alice@web01.example.com: Permission denied (publickey,password).")


@situation("pam/account-locked/faillock")
def faillock(lab):
    lab.require_pam("common-auth", "auth required pam_faillock.so preauth audit deny=3 unlock_time=600\n"
                    "auth sufficient pam_unix.so nullok\nauth [default=die] pam_faillock.so authfail audit deny=3 unlock_time=600")
    lab.require_pam("common-account", "account required pam_faillock.so")
    lab.start_sshd()
    lab.ssh("ssh alice@web01.example.com", "wrong", "wrong", "wrong")
    lab.ssh("ssh -v alice@web01.example.com", "correct horse", "correct horse", "correct horse")
    lab.save_server(causes=["pam.account-locked", "client.wrong-password"], **ALICE, cite="pam_faillock(sshd:auth): Consecutive login failures for user alice account temporarily locked")
    lab.save_client(**PASSWORD_REJECTED)


@situation("pam/access-denied/origin")
def access_denied(lab):
    lab.require_pam("sshd", "account required pam_access.so")
    lab.server.append("/etc/security/access.conf", "+:alice:192.0.2.0/24\n-:ALL EXCEPT root:ALL\n")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="pam_access(sshd:account): access denied for user `alice' from `198.51.100.7'")
    lab.save_client(causes=["pam.account-denied"], stage="auth", users=["alice"], cite="Connection closed by 192.0.2.10 port 22")


@situation("pam/listfile-denied/not-in-list")
def listfile(lab):
    lab.require_pam("sshd", "auth required pam_listfile.so item=user sense=allow file=/etc/ssh/allowed_users onerr=fail")
    lab.server.write("/etc/ssh/allowed_users", "deploy\n")
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com", "correct horse", "correct horse", "correct horse")
    lab.save_server(**ALICE, cite="pam_listfile(sshd:auth): Refused user alice for service sshd")
    lab.save_client(**PASSWORD_REJECTED)


@situation("pam/succeed-if-denied/uid")
def succeed_if(lab):
    lab.require_pam("sshd", "auth required pam_succeed_if.so uid >= 2000")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "correct horse", "correct horse", "correct horse")
    lab.save_server(**ALICE, cite='pam_succeed_if(sshd:auth): requirement "uid >= 2000" not met by user "alice"')


@situation("pam/succeed-if-denied/near-miss-quiet-skip")
def succeed_if_skip(lab):
    """The requirement only chooses a module to skip; the login succeeds."""
    lab.require_pam("sshd", "auth [success=ignore default=1] pam_succeed_if.so user ingroup staff\nauth optional pam_warn.so")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com true", "correct horse")
    lab.save_server(causes=[])


@situation("pam/nologin/maintenance-file")
def nologin(lab):
    lab.server.write("/etc/nologin", "web01 is down for maintenance until 18:00.\n")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(causes=["pam.account-denied"], stage="auth", users=["alice"], cite="Access denied for user alice by PAM account configuration")
    lab.save_client(stage="auth", users=["alice"], cite="web01 is down for maintenance until 18:00.")


@situation("pam/nologin/still-booting")
def booting(lab):
    """A unit delays the end of booting; sshd is already there."""
    lab.authorize(lab.client_key())
    lab.server.write("/etc/systemd/system/slow.service", "[Unit]\nBefore=systemd-user-sessions.service\nAfter=ssh.service\n"
                     "[Service]\nType=oneshot\nExecStart=/bin/sleep 12\n[Install]\nWantedBy=multi-user.target\n")
    lab.server.sh("ln -s /etc/systemd/system/slow.service /etc/systemd/system/multi-user.target.wants/")
    lab.server.append("/etc/pam.d/common-session", "session optional pam_systemd.so\n")
    lab.server.boot()
    lab.wait_listening()
    lab.ssh("ssh -v web01.example.com")
    lab.log_format = "rsyslog ISO 8601 format"
    lab.save_server(causes=["pam.account-denied"], stage="auth", users=["alice"], cite="Access denied for user alice by PAM account configuration")
    lab.save_client(stage="auth", users=["alice"], cite="System is booting up. Unprivileged users are not permitted to log in yet.")


@situation("pam/time-denied/outside-hours")
def time_denied(lab):
    lab.require_pam("common-account", "account required pam_time.so")
    lab.server.append("/etc/security/time.conf", "sshd;*;alice;!Al0000-2400\n")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh web01.example.com")
    lab.save_server(causes=["pam.account-denied"], stage="auth", users=["alice"], cite="Access denied for user alice by PAM account configuration")


@situation("pam/securetty/root")
def securetty(lab):
    lab.require_pam("sshd", "auth required pam_securetty.so")
    lab.server.write("/etc/securetty", "tty1\n")
    lab.start_sshd("PermitRootLogin yes")
    lab.ssh("ssh root@web01.example.com", "toor toor", "toor toor", "toor toor")
    lab.save_server(stage="auth", users=["root"], sources=[ALICE_FROM], cite="pam_securetty(sshd:auth): access denied: tty 'ssh' is not secure !")


@situation("pam/account-expired/chage-E")
def account_expired(lab):
    lab.server.sh("chage -E 2018-04-17 bob")
    lab.start_sshd()
    lab.ssh("ssh -v bob@web01.example.com", "battery staple")
    lab.save_server(**BOB, cite="pam_unix(sshd:account): account bob has expired (account expired)")
    lab.save_client(causes=["pam.account-expired"], stage="auth", users=["bob"], cite="Connection closed by 192.0.2.10 port 22")


@situation("pam/account-expired/key-login")
def account_expired_key(lab):
    lab.server.sh("chage -E 2018-04-17 alice")
    lab.authorize(lab.client_key())
    lab.start_sshd("KbdInteractiveAuthentication yes", level="VERBOSE")
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(**ALICE, cite="account alice has expired (account expired)")
    lab.save_client(causes=["pam.account-expired"], stage="auth", users=["alice"], cite="Your account has expired; please contact your system administrator.")


@situation("pam/password-expired/aged")
def password_expired(lab):
    lab.server.sh("chage -M 30 -d 2018-04-17 -I -1 bob")
    lab.start_sshd()
    lab.ssh("ssh bob@web01.example.com uptime", "battery staple")
    lab.save_server(stage="session", users=["bob"], sources=[ALICE_FROM], cite="pam_unix(sshd:account): expired password for user bob (password aged)")
    lab.save_client(stage="session", users=["bob"], cite="Password change required but no TTY available.")


@situation("pam/password-expired/root-enforced")
def password_must_change(lab):
    lab.server.sh("chage -d 0 alice")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com uptime")
    lab.save_server(stage="session", users=["alice"], sources=[ALICE_FROM], cite="expired password for user alice (root enforced)")
    lab.save_client(stage="session", users=["alice"], cite="Password change required but no TTY available.")


@situation("pam/password-change-failed/wrong-current-password")
def password_change(lab):
    lab.server.sh("chage -d 0 alice")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "wrong", "wrong")
    lab.save_server(causes=["pam.password-expired"], stage="session", users=["alice"], sources=[ALICE_FROM], cite="expired password for user alice (root enforced)")
    lab.save_client(stage="session", cite="passwd: Authentication token manipulation error")


@situation("pam/too-many-logins/maxlogins")
def too_many_logins(lab):
    lab.server.append("/etc/security/limits.conf", "alice hard maxlogins 1\n")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    other = lab.client.terminal("alice")
    other.begin("ssh web01.example.com", "alice@web01:~$ ")
    lab.forget_log()
    lab.ssh("ssh -v web01.example.com", "exit")
    lab.save_server(stage="session", users=["alice"], sources=[ALICE_FROM], cite="Too many logins (max 1) for alice")
    lab.save_client(stage="session", users=["alice"], cite="There were too many logins for 'alice'.")


@situation("pam/limits-failed/near-miss-limit-not-applied")
def limits_failed(lab):
    """This pam_limits writes the line and lets the session go on."""
    lab.server.append("/etc/security/limits.conf", "alice hard nofile 2147483647\nalice soft nofile 2147483647\n")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "exit")
    lab.save_server(causes=[])


@situation("pam/module-missing/auth-required")
def module_missing(lab):
    lab.require_pam("sshd", "auth required pam_tally2.so deny=5 onerr=fail unlock_time=900")
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com", "correct horse", "correct horse", "correct horse")
    lab.save_server(**ALICE, cite=["PAM unable to dlopen(pam_tally2.so)", "PAM adding faulty module: pam_tally2.so"])
    lab.save_client(**PASSWORD_REJECTED)


@situation("pam/module-missing/account-key-login")
def module_missing_account(lab):
    lab.require_pam("common-account", "account required pam_cracklib_local.so")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh web01.example.com")
    lab.save_server(stage="auth", users=["alice"], cite="PAM adding faulty module: pam_cracklib_local.so")


@situation("pam/module-missing/near-miss-optional")
def module_missing_optional(lab):
    """The missing module is optional: noise in the log, the login succeeds."""
    lab.require_pam("common-session", "session optional pam_ck_connector.so")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh web01.example.com true")
    lab.save_server(causes=[])


@situation("pam/config-error/illegal-module-type")
def illegal_type(lab):
    lab.require_pam("sshd", "aut required pam_env.so")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "correct horse", "correct horse", "correct horse")
    lab.save_server(**ALICE, cite="PAM (sshd) illegal module type: aut")


@situation("pam/config-error/no-control-flag")
def no_control_flag(lab):
    lab.require_pam("sshd", "auth requird pam_env.so")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "correct horse", "correct horse", "correct horse")
    lab.save_server(**ALICE, cite="requird")


@situation("pam/config-error/include-missing")
def include_missing(lab):
    lab.require_pam("sshd", "auth substack password-auth")
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com", "correct horse", "correct horse", "correct horse")
    lab.save_server(stage="auth", sources=[ALICE_FROM], cite="PAM _pam_load_conf_file: unable to open config for /etc/pam.d/password-auth")


@situation("pam/directory-service/sssd-down")
def sssd_down(lab):
    """sssd has died and left its socket."""
    lab.server.sh("mkdir -p /var/lib/sss/pipes/private; python3 -c 'import socket; [socket.socket(socket.AF_UNIX).bind(\"/var/lib/sss/pipes/\" + n) for n in (\"pam\", \"private/pam\")]'; chmod 0666 /var/lib/sss/pipes/pam; chmod 0600 /var/lib/sss/pipes/private/pam")
    lab.server.write("/etc/pam.d/common-auth", "auth [success=2 default=ignore] pam_unix.so nullok\nauth [success=1 default=ignore] pam_sss.so use_first_pass\n"
                     "auth requisite pam_deny.so\nauth required pam_permit.so\n")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "company password", "company password", "company password")
    lab.save_server(**ALICE, cite="pam_sss(sshd:auth): Request to sssd failed. Connection refused")


@situation("pam/directory-service/kerberos-unreachable")
def kerberos(lab):
    lab.server.write("/etc/krb5.conf", "[libdefaults]\n    default_realm = EXAMPLE.COM\n[realms]\n    EXAMPLE.COM = {\n        kdc = 127.0.0.1\n    }\n")
    lab.server.write("/etc/pam.d/common-auth", "auth [success=2 default=ignore] pam_krb5.so minimum_uid=1000 debug\nauth [success=1 default=ignore] pam_unix.so nullok try_first_pass\n"
                     "auth requisite pam_deny.so\nauth required pam_permit.so\n")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "company password", "company password", "company password")
    lab.save_server(**ALICE, cite="Cannot contact any KDC")


@situation("pam/directory-service/nslcd-down")
def nslcd_down(lab):
    lab.server.write("/etc/pam.d/common-auth", "auth [success=2 default=ignore] pam_unix.so nullok\nauth [success=1 default=ignore] pam_ldap.so use_first_pass\n"
                     "auth requisite pam_deny.so\nauth required pam_permit.so\n")
    lab.start_sshd()
    lab.ssh("ssh web01.example.com", "company password", "company password", "company password")
    lab.save_server(**ALICE, cite="pam_ldap(sshd:auth): error opening connection to nslcd")


@situation("pam/mfa-failed/wrong-code")
def mfa(lab):
    lab.require_pam("sshd", "auth required pam_google_authenticator.so")
    lab.server.write("/home/alice/.google_authenticator", "JBSWY3DPEHPK3PXPJBSWY3DPEH\n\" RATE_LIMIT 9 30\n\" TOTP_AUTH\n", owner="alice", mode=0o400)
    lab.start_sshd("KbdInteractiveAuthentication yes", "PasswordAuthentication no")
    lab.ssh("ssh -v web01.example.com", "123456", "correct horse", "123456", "correct horse", "123456", "correct horse")
    lab.save_server(stage="auth", users=["alice"], cite="Invalid verification code for alice")
    lab.save_client(causes=["client.wrong-password"], stage="auth", users=["alice"], cite="Permission denied (publickey,keyboard-interactive).")


@situation("pam/account-denied/deny-all")
def account_denied(lab):
    lab.require_pam("common-account", "account required pam_deny.so")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com")
    lab.save_server(stage="auth", users=["alice"], cite="Access denied for user alice by PAM account configuration")
    lab.save_client(causes=["pam.account-denied"], stage="auth", users=["alice"], cite="Connection closed by 192.0.2.10 port 22")


@situation("pam/session-failed/deny")
def session_denied(lab):
    lab.require_pam("common-session", "session required pam_deny.so")
    lab.authorize(lab.client_key())
    lab.start_sshd()
    lab.ssh("ssh -v web01.example.com", "exit")
    lab.save_server(stage="session", users=["alice"], sources=[ALICE_FROM], cite="PAM: pam_open_session()")
    lab.save_client(causes=["environment.session-ended-at-login"], stage="session", users=["alice"])


@situation("pam/authentication-failed/deny-without-reason")
def authentication_failed(lab):
    lab.server.write("/etc/pam.d/common-auth", "auth required pam_deny.so\n")
    lab.start_sshd("KbdInteractiveAuthentication yes", "PasswordAuthentication no")
    lab.ssh("ssh web01.example.com", "correct horse", "correct horse", "correct horse")
    lab.save_server(**ALICE)
