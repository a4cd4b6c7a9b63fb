//! What the files of hosts say, in words.
//!
//! In: facts and hosts. Out: plain data of the report, and one sentence for each fact in both languages.

use super::EvidenceReport;
use crate::catalog::cause::Language;
use crate::diagnosis::{Ruling, Told};
use crate::host::{FactName, Host, Place};
use serde::Serialize;

/// A fact of a host that counted for a diagnosis, or against it.
#[derive(Debug, Clone, Serialize)]
pub struct HostFactReport {
    /// Its name in the catalog.
    pub fact: String,
    /// confirms, refutes or decides.
    pub effect: &'static str,
    /// The fact in a sentence.
    pub text: String,
    /// The lines of the host's files that state it.
    pub evidence: Vec<EvidenceReport>,
}

/// A host whose files were among the inputs.
#[derive(Debug, Clone, Serialize)]
pub struct BundleReport {
    /// The folder that holds its files, as in the paths of inputs.
    pub root: String,
    /// What it is called.
    pub host: Option<String>,
    /// Its system.
    pub os: Option<String>,
    /// The version of its OpenSSH.
    pub openssh: Option<String>,
    /// The input that is its sshd_config.
    pub sshd_config: Option<String>,
}

impl HostFactReport {
    pub(super) fn of(told: &Told, language: Language) -> Self {
        let name = told.fact.name.name();
        let evidence = told.fact.quotes.iter().map(|quote| EvidenceReport {
            path: quote.path.clone(),
            line: quote.line,
            time: None,
            pattern: format!("host/{name}"),
            text: quote.text.trim().to_owned(),
        });
        Self {
            evidence: evidence.collect(),
            effect: match told.ruling {
                Ruling::Confirmed => "confirms",
                Ruling::Refuted => "refutes",
                Ruling::Decided { .. } => "decides",
            },
            text: sentence(&told.fact.name, language),
            fact: name,
        }
    }
}

impl BundleReport {
    pub(super) fn of(host: &Host) -> Self {
        let about = &host.about;
        Self {
            root: host.root.clone(),
            host: about.name.as_ref().map(ToString::to_string),
            os: about.os.clone(),
            openssh: about.openssh.clone(),
            sshd_config: host.sshd_config().map(str::to_owned),
        }
    }
}

/// The fact in words.
fn sentence(fact: &FactName, language: Language) -> String {
    let (en, ja) = words(fact);
    match language {
        Language::En => en,
        Language::Ja => ja,
    }
}

fn words(fact: &FactName) -> (String, String) {
    let place = |place: &Place| match place {
        Place::Home => ("the home directory", "ホームディレクトリ"),
        Place::SshDirectory => ("~/.ssh", "~/.ssh"),
        Place::AuthorizedKeys => ("authorized_keys", "authorized_keys"),
    };
    let (en, ja): (&str, &str) = match fact {
        FactName::MethodDisabled(method) => {
            let name = method.name();
            return (
                format!("sshd_config switches {name} authentication off"),
                format!("sshd_config で {name} 認証が無効"),
            );
        }
        FactName::MethodEnabled(method) => {
            let name = method.name();
            return (
                format!("sshd_config switches {name} authentication on"),
                format!("sshd_config で {name} 認証が有効"),
            );
        }
        FactName::ConfigSets(option) => {
            return (format!("sshd_config sets {option}"), format!("sshd_config で {option} を指定"));
        }
        FactName::PamModuleListed(name) => {
            return (format!("sshd's PAM stack has pam_{name}"), format!("sshd の PAM 設定に pam_{name} がある"));
        }
        FactName::PamModuleUnlisted(name) => {
            return (format!("sshd's PAM stack has no pam_{name}"), format!("sshd の PAM 設定に pam_{name} がない"));
        }
        FactName::ModeTooOpen(at) => {
            let (en, ja) = place(at);
            return (format!("others may write to {en}"), format!("{ja} に本人以外の書き込み権限がある"));
        }
        FactName::OwnerWrong(at) => {
            let (en, ja) = place(at);
            return (format!("{en} belongs to somebody else"), format!("{ja} の所有者が本人ではない"));
        }
        FactName::ModeFits(at) => {
            let (en, ja) = place(at);
            return (
                format!("owner and mode of {en} are as sshd wants them"),
                format!("{ja} の所有者とモードは sshd の条件を満たす"),
            );
        }
        FactName::AddressBanned => ("the address is on the list of bans", "接続元アドレスが遮断リストにある"),
        FactName::UserIs(user) => {
            return (format!("the user is {user}"), format!("ユーザーは {user}"));
        }
        FactName::Shown(_) => ("what was shown of the host explains it", "提示されたホストの状態が原因を示している"),
        FactName::PasswordsDisabled => (
            "sshd_config switches every method off that asks for a password",
            "sshd_config でパスワードを使う認証方式がすべて無効",
        ),
        FactName::ConfigExcludesUser => ("sshd_config excludes this user", "sshd_config がこのユーザーを除外している"),
        FactName::ConfigAdmitsUser => ("sshd_config admits this user", "sshd_config はこのユーザーを許可している"),
        FactName::RootLoginRefused => ("PermitRootLogin refuses root", "PermitRootLogin が root を拒否している"),
        FactName::RootPasswordRefused => {
            ("PermitRootLogin refuses root's password", "PermitRootLogin が root のパスワードを拒否している")
        }
        FactName::RootLoginPermitted => ("PermitRootLogin admits root", "PermitRootLogin は root を許可している"),
        FactName::UserPresent => ("passwd has this user", "passwd にこのユーザーがいる"),
        FactName::UserAbsent => ("passwd does not have this user", "passwd にこのユーザーがいない"),
        FactName::AccountLocked => ("the account's password is locked", "アカウントのパスワードがロックされている"),
        FactName::PasswordSet => {
            ("the account has a password that is not locked", "パスワードは設定済みで、ロックされていない")
        }
        FactName::AccountExpired => ("the account had expired by then", "その時点でアカウントの有効期限が切れていた"),
        FactName::PasswordExpired => ("the password had expired by then", "その時点でパスワードの有効期限が切れていた"),
        FactName::ShellRefuses => ("the login shell refuses logins", "ログインシェルがログインを拒否するもの"),
        FactName::ShellUsable => ("the login shell is an ordinary one", "ログインシェルは通常のもの"),
        FactName::NologinPresent => ("there is a nologin file", "nologin ファイルがある"),
        FactName::AccessConfRefusesUser => (
            "access.conf refuses this user from this address",
            "access.conf がこの接続元からのこのユーザーを拒否している",
        ),
        FactName::WrappersRefuseAddress => {
            ("hosts.allow and hosts.deny refuse this address", "hosts.allow / hosts.deny がこの接続元を拒否している")
        }
        FactName::NotListening => ("nothing listens on sshd's port", "sshd のポートで待ち受けているプログラムがない"),
        FactName::ListensOnSomeAddressesOnly => {
            ("sshd listens on addresses of its own choice only", "sshd が一部のアドレスだけで待ち受けている")
        }
        FactName::ListensOnLoopbackOnly => (
            "sshd's port is open on the loopback address only",
            "sshd のポートはループバックアドレスでのみ待ち受けている",
        ),
        FactName::Listening => ("sshd's port is open", "sshd のポートで待ち受けている"),
        FactName::ServiceInactive => ("the sshd service does not run", "sshd サービスが動作していない"),
        FactName::ServiceActive => ("the sshd service runs", "sshd サービスは動作している"),
        FactName::AuthorizedKeysAbsent => ("~/.ssh has no authorized_keys", "~/.ssh に authorized_keys がない"),
    };
    (en.to_owned(), ja.to_owned())
}
