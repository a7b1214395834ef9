//! The names under which security events are reported.

use std::fmt;

macro_rules! vocabulary {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// A security event, named as in the OWASP Logging Vocabulary Cheat Sheet.
        ///
        /// Crates report one as a `tracing` event with the target [`TARGET`](Self::TARGET) and the
        /// name in the field `event`; whoever keeps an audit trail or counts attacks listens there.
        ///
        /// # Example
        ///
        /// ```
        /// use palisade_core::SecurityEvent;
        ///
        /// let event = SecurityEvent::RateLimitExceeded;
        /// assert_eq!(event.as_str(), "excess_rate_limit_exceeded");
        /// assert_eq!(SecurityEvent::from_name("excess_rate_limit_exceeded"), Some(event));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum SecurityEvent {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl SecurityEvent {
            /// The `tracing` target of every security event; all other events use their module path.
            pub const TARGET: &'static str = "palisade::security";

            /// Every event, in the order of the cheat sheet.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the name that goes into the field `event`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Returns the event of that name, if there is one.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

vocabulary! {
    /// A user signed in.
    LoginSuccess = "authn_login_success",
    /// A user signed in after failures.
    LoginSuccessAfterFail = "authn_login_successafterfail",
    /// A sign-in failed.
    LoginFail = "authn_login_fail",
    /// Sign-in failures reached the limit.
    LoginFailMax = "authn_login_fail_max",
    /// An account was locked.
    LoginLock = "authn_login_lock",
    /// A password was changed.
    PasswordChange = "authn_password_change",
    /// A password change failed.
    PasswordChangeFail = "authn_password_change_fail",
    /// A user appears at two places too far apart.
    ImpossibleTravel = "authn_impossible_travel",
    /// A token was made.
    TokenCreated = "authn_token_created",
    /// A token was revoked.
    TokenRevoked = "authn_token_revoked",
    /// A used or revoked token came again.
    TokenReuse = "authn_token_reuse",
    /// A token was deleted.
    TokenDelete = "authn_token_delete",
    /// Someone asked for what they may not have.
    AuthorizationFail = "authz_fail",
    /// A user's rights changed.
    AuthorizationChange = "authz_change",
    /// An administrator acted.
    AuthorizationAdmin = "authz_admin",
    /// A decryption failed.
    DecryptFail = "crypt_decrypt_fail",
    /// An encryption failed.
    EncryptFail = "crypt_encrypt_fail",
    /// A rate limit refused a request.
    RateLimitExceeded = "excess_rate_limit_exceeded",
    /// An upload arrived.
    UploadComplete = "upload_complete",
    /// An upload was stored.
    UploadStored = "upload_stored",
    /// An upload was examined.
    UploadValidation = "upload_validation",
    /// An upload was deleted.
    UploadDelete = "upload_delete",
    /// Input broke a rule.
    InputValidationFail = "input_validation_fail",
    /// A value was none of the offered ones.
    InputValidationDiscreteFail = "input_validation_discrete_fail",
    /// One client found too many pages missing.
    MaliciousExcess404 = "malicious_excess_404",
    /// Input that no honest client sends.
    MaliciousExtraneous = "malicious_extraneous",
    /// A known attack tool.
    MaliciousAttackTool = "malicious_attack_tool",
    /// A request from an origin that is not allowed.
    MaliciousCors = "malicious_cors",
    /// A direct reference to another's object.
    MaliciousDirectReference = "malicious_direct_reference",
    /// Permissions of an object changed.
    PermissionsChanged = "privilege_permissions_changed",
    /// Sensitive data was created.
    SensitiveCreate = "sensitive_create",
    /// Sensitive data was read.
    SensitiveRead = "sensitive_read",
    /// Sensitive data was changed.
    SensitiveUpdate = "sensitive_update",
    /// Sensitive data was deleted.
    SensitiveDelete = "sensitive_delete",
    /// Steps came out of order.
    SequenceFail = "sequence_fail",
    /// A session began.
    SessionCreated = "session_created",
    /// A session got a new identifier.
    SessionRenewed = "session_renewed",
    /// A session ended.
    SessionExpired = "session_expired",
    /// An ended session was used.
    SessionUseAfterExpire = "session_use_after_expire",
    /// The system started.
    SystemStartup = "sys_startup",
    /// The system stopped.
    SystemShutdown = "sys_shutdown",
    /// The system restarted.
    SystemRestart = "sys_restart",
    /// The system crashed.
    SystemCrash = "sys_crash",
    /// A monitor was turned off.
    MonitorDisabled = "sys_monitor_disabled",
    /// A monitor was turned on.
    MonitorEnabled = "sys_monitor_enabled",
    /// The deployment contradicts its configuration; not in the cheat sheet, ours.
    Misconfiguration = "sys_misconfiguration",
    /// A browser refused what a page asked for, by the page's own policy; not in the cheat sheet, ours.
    BrowserViolation = "browser_policy_violation",
    /// A user was created.
    UserCreated = "user_created",
    /// A user was changed.
    UserUpdated = "user_updated",
    /// A user was archived.
    UserArchived = "user_archived",
    /// A user was deleted.
    UserDeleted = "user_deleted",
}

impl fmt::Display for SecurityEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_distinct_lower_case_words_and_lead_back_to_their_event() {
        let mut seen = HashSet::new();
        for event in SecurityEvent::ALL {
            let name = event.as_str();
            assert!(seen.insert(name), "{name} twice");
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            );
            assert_eq!(SecurityEvent::from_name(name), Some(*event));
            assert_eq!(event.to_string(), name);
        }
        assert_eq!(SecurityEvent::from_name("authn_login"), None);
    }
}
