//! What can be told of a host: a closed vocabulary.
//!
//! In: words of the catalog. Out: [`FactName`]s, and [`HostFact`]s with the lines that state them. Which cause a fact speaks
//! for is the catalog's business, and how it is found that of the other modules here.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// The name of a fact, as in the catalog: `config-excludes-user`, `method-disabled:password`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
pub enum FactName {
    /// DenyUsers, AllowUsers, DenyGroups or AllowGroups refuse the user.
    ConfigExcludesUser,
    /// There are such lists, or none, and the user is admitted.
    ConfigAdmitsUser,
    /// PermitRootLogin refuses root whatever the method.
    RootLoginRefused,
    /// PermitRootLogin refuses root's password.
    RootPasswordRefused,
    /// PermitRootLogin yes.
    RootLoginPermitted,
    /// A method is switched off.
    MethodDisabled(Method),
    /// Neither of the methods that ask for a password is on.
    PasswordsDisabled,
    /// A method is switched on in so many words.
    MethodEnabled(Method),
    /// An option has a value of its own; its name in small letters.
    ConfigSets(CompactString),
    /// The account database knows the user.
    UserPresent,
    /// It does not, and there is no other.
    UserAbsent,
    /// The password is locked.
    AccountLocked,
    /// There is a password, and it is not locked.
    PasswordSet,
    /// The account was expired when the login failed.
    AccountExpired,
    /// The password was expired when the login failed.
    PasswordExpired,
    /// The shell is one that refuses logins.
    ShellRefuses,
    /// The shell is an ordinary one.
    ShellUsable,
    /// There is a nologin file.
    NologinPresent,
    /// sshd's PAM stack has the module, here without `pam_` and `.so`.
    PamModuleListed(CompactString),
    /// All of the stack is there, and the module is not in it.
    PamModuleUnlisted(CompactString),
    /// access.conf of pam_access refuses the user from this address.
    AccessConfRefusesUser,
    /// hosts.allow and hosts.deny refuse the address.
    WrappersRefuseAddress,
    /// A list of bans has the address.
    AddressBanned,
    /// Nothing listens on a port of sshd.
    NotListening,
    /// sshd's port is open on the loopback address only.
    ListensOnLoopbackOnly,
    /// sshd's port is open on addresses of its own choice only.
    ListensOnSomeAddressesOnly,
    /// Something listens on a port of sshd for everybody.
    Listening,
    /// The service is stopped or failed.
    ServiceInactive,
    /// The service runs.
    ServiceActive,
    /// Others may write where StrictModes forbids it.
    ModeTooOpen(Place),
    /// A place belongs to somebody else.
    OwnerWrong(Place),
    /// Modes and owners are as StrictModes wants them.
    ModeFits(Place),
    /// The listing of `.ssh` has no `authorized_keys`.
    AuthorizedKeysAbsent,
    /// The name that was to log in.
    UserIs(CompactString),
    /// What only a pattern of the catalog states, by the name it gives.
    Shown(CompactString),
}

/// A way to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[allow(missing_docs, reason = "named as in sshd_config")]
pub enum Method {
    Password,
    Publickey,
    KeyboardInteractive,
    Gssapi,
    Hostbased,
}

/// What StrictModes looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[allow(missing_docs, reason = "named as they are")]
pub enum Place {
    Home,
    SshDirectory,
    AuthorizedKeys,
}

/// Something a host's files state of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFact {
    /// What.
    pub name: FactName,
    /// Whether nothing that was not collected can change it.
    pub sure: bool,
    /// The lines that say so.
    pub quotes: Vec<Quote>,
}

/// A line of a host's file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quote {
    /// The input.
    pub path: String,
    /// From 1; 1 too for a file that need only exist.
    pub line: u64,
    /// The line, without what is secret.
    pub text: String,
}

impl Method {
    pub(super) const ALL: [Self; 5] =
        [Self::Password, Self::Publickey, Self::KeyboardInteractive, Self::Gssapi, Self::Hostbased];

    /// As in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Publickey => "publickey",
            Self::KeyboardInteractive => "keyboard-interactive",
            Self::Gssapi => "gssapi",
            Self::Hostbased => "hostbased",
        }
    }

    /// The option that switches it, in small letters.
    pub(super) fn option(self) -> &'static str {
        match self {
            Self::Password => "passwordauthentication",
            Self::Publickey => "pubkeyauthentication",
            Self::KeyboardInteractive => "kbdinteractiveauthentication",
            Self::Gssapi => "gssapiauthentication",
            Self::Hostbased => "hostbasedauthentication",
        }
    }
}

impl Place {
    const ALL: [Self; 3] = [Self::Home, Self::SshDirectory, Self::AuthorizedKeys];

    /// The word of the catalog.
    pub fn name(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::SshDirectory => "ssh-directory",
            Self::AuthorizedKeys => "authorized-keys",
        }
    }
}

impl FactName {
    const PLAIN: [Self; 25] = [
        Self::ConfigExcludesUser,
        Self::ConfigAdmitsUser,
        Self::RootLoginRefused,
        Self::RootPasswordRefused,
        Self::RootLoginPermitted,
        Self::PasswordsDisabled,
        Self::UserPresent,
        Self::UserAbsent,
        Self::AccountLocked,
        Self::PasswordSet,
        Self::AccountExpired,
        Self::PasswordExpired,
        Self::ShellRefuses,
        Self::ShellUsable,
        Self::NologinPresent,
        Self::AccessConfRefusesUser,
        Self::WrappersRefuseAddress,
        Self::AddressBanned,
        Self::NotListening,
        Self::ListensOnLoopbackOnly,
        Self::ListensOnSomeAddressesOnly,
        Self::Listening,
        Self::ServiceInactive,
        Self::ServiceActive,
        Self::AuthorizedKeysAbsent,
    ];

    /// The fact of this name; None if no such fact is ever told.
    pub fn named(name: &str) -> Option<Self> {
        let Some((kind, of)) = name.split_once(':') else {
            return Self::PLAIN.into_iter().find(|fact| fact.kind() == name);
        };
        let method = || Method::ALL.into_iter().find(|m| m.name() == of);
        let place = || Place::ALL.into_iter().find(|p| p.name() == of);
        let word = |more: &[u8]| of.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || more.contains(&b));
        let word = |more: &[u8]| Some(CompactString::from(of)).filter(|of| !of.is_empty() && word(more));
        match kind {
            "method-disabled" => method().map(Self::MethodDisabled),
            "method-enabled" => method().map(Self::MethodEnabled),
            "config-sets" => word(b"").map(Self::ConfigSets),
            "pam-module-listed" => word(b"_-").map(Self::PamModuleListed),
            "pam-module-unlisted" => word(b"_-").map(Self::PamModuleUnlisted),
            "user-is" => word(b"_-").map(Self::UserIs),
            "shown" => word(b"-").map(Self::Shown),
            "mode-too-open" => place().map(Self::ModeTooOpen),
            "owner-wrong" => place().map(Self::OwnerWrong),
            "mode-fits" => place().map(Self::ModeFits),
            _ => None,
        }
    }

    /// The word of the catalog and of reports.
    pub fn name(&self) -> String {
        let of: &str = match self {
            Self::MethodDisabled(method) | Self::MethodEnabled(method) => method.name(),
            Self::ConfigSets(name)
            | Self::PamModuleListed(name)
            | Self::PamModuleUnlisted(name)
            | Self::UserIs(name)
            | Self::Shown(name) => name,
            Self::ModeTooOpen(place) | Self::OwnerWrong(place) | Self::ModeFits(place) => place.name(),
            _ => return self.kind().to_owned(),
        };
        format!("{}:{of}", self.kind())
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::ConfigExcludesUser => "config-excludes-user",
            Self::ConfigAdmitsUser => "config-admits-user",
            Self::RootLoginRefused => "root-login-refused",
            Self::RootPasswordRefused => "root-password-refused",
            Self::RootLoginPermitted => "root-login-permitted",
            Self::MethodDisabled(_) => "method-disabled",
            Self::PasswordsDisabled => "passwords-disabled",
            Self::MethodEnabled(_) => "method-enabled",
            Self::ConfigSets(_) => "config-sets",
            Self::UserPresent => "user-present",
            Self::UserAbsent => "user-absent",
            Self::AccountLocked => "account-locked",
            Self::PasswordSet => "password-set",
            Self::AccountExpired => "account-expired",
            Self::PasswordExpired => "password-expired",
            Self::ShellRefuses => "shell-refuses",
            Self::ShellUsable => "shell-usable",
            Self::NologinPresent => "nologin-present",
            Self::PamModuleListed(_) => "pam-module-listed",
            Self::PamModuleUnlisted(_) => "pam-module-unlisted",
            Self::AccessConfRefusesUser => "access-conf-refuses-user",
            Self::WrappersRefuseAddress => "wrappers-refuse-address",
            Self::AddressBanned => "address-banned",
            Self::NotListening => "not-listening",
            Self::ListensOnLoopbackOnly => "listens-on-loopback-only",
            Self::ListensOnSomeAddressesOnly => "listens-on-some-addresses-only",
            Self::Listening => "listening",
            Self::ServiceInactive => "service-inactive",
            Self::ServiceActive => "service-active",
            Self::ModeTooOpen(_) => "mode-too-open",
            Self::OwnerWrong(_) => "owner-wrong",
            Self::ModeFits(_) => "mode-fits",
            Self::AuthorizedKeysAbsent => "authorized-keys-absent",
            Self::UserIs(_) => "user-is",
            Self::Shown(_) => "shown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let given = [
            "method-disabled:password",
            "config-sets:maxstartups",
            "pam-module-listed:faillock",
            "mode-fits:home",
            "user-is:root",
            "shown:clock-off",
        ];
        let plain = FactName::PLAIN.iter().map(FactName::name);
        for name in plain.chain(given.map(str::to_owned)) {
            assert_eq!(FactName::named(&name).map(|f| f.name()), Some(name));
        }
        for name in
            ["", "user", "method-disabled:telepathy", "config-sets:", "config-sets:MaxStartups", "user-absent:x"]
        {
            assert_eq!(FactName::named(name), None, "{name}");
        }
    }
}
