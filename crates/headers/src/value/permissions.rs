//! `Permissions-Policy` (W3C Permissions Policy, structured field of RFC 9651).

use std::fmt;

use crate::ConfigError;
use crate::csrf::Origin;

macro_rules! features {
    ($($variant:ident = $name:literal,)+) => {
        /// A browser feature that a policy can hand out.
        ///
        /// Only names that Chromium knows without an experiment: an unknown name is an error on
        /// the console of every page.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Feature {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
        }

        impl Feature {
            /// Every feature, by name.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the name in the header.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

features! {
    Accelerometer = "accelerometer",
    Autoplay = "autoplay",
    BrowsingTopics = "browsing-topics",
    Camera = "camera",
    CapturedSurfaceControl = "captured-surface-control",
    ClipboardRead = "clipboard-read",
    ClipboardWrite = "clipboard-write",
    ComputePressure = "compute-pressure",
    CrossOriginIsolated = "cross-origin-isolated",
    DeferredFetch = "deferred-fetch",
    DigitalCredentialsGet = "digital-credentials-get",
    DisplayCapture = "display-capture",
    EncryptedMedia = "encrypted-media",
    Fullscreen = "fullscreen",
    Gamepad = "gamepad",
    Geolocation = "geolocation",
    Gyroscope = "gyroscope",
    Hid = "hid",
    IdentityCredentialsGet = "identity-credentials-get",
    IdleDetection = "idle-detection",
    KeyboardMap = "keyboard-map",
    LocalFonts = "local-fonts",
    LocalNetworkAccess = "local-network-access",
    Magnetometer = "magnetometer",
    Microphone = "microphone",
    Midi = "midi",
    OtpCredentials = "otp-credentials",
    Payment = "payment",
    PictureInPicture = "picture-in-picture",
    PublickeyCredentialsCreate = "publickey-credentials-create",
    PublickeyCredentialsGet = "publickey-credentials-get",
    ScreenWakeLock = "screen-wake-lock",
    Serial = "serial",
    StorageAccess = "storage-access",
    SyncXhr = "sync-xhr",
    Unload = "unload",
    Usb = "usb",
    WindowManagement = "window-management",
    XrSpatialTracking = "xr-spatial-tracking",
}

/// Which origins may use which browser feature on a page.
///
/// # Example
///
/// ```
/// use palisade_headers::{Feature, PermissionsPolicy};
///
/// let policy = PermissionsPolicy::new()
///     .deny([Feature::Camera, Feature::Usb])
///     .allow_self(Feature::Geolocation)
///     .allow_origins(Feature::Payment, ["https://pay.example.com"])?;
/// assert_eq!(
///     policy.to_string(),
///     r#"camera=(), usb=(), geolocation=(self), payment=(self "https://pay.example.com")"#,
/// );
/// # Ok::<(), palisade_headers::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PermissionsPolicy {
    features: Vec<(Feature, Allowed)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Allowed {
    Nobody,
    This,
    Origins(Vec<String>),
}

impl PermissionsPolicy {
    /// Says nothing yet: each feature keeps the browser's default.
    #[must_use]
    pub const fn new() -> Self {
        Self { features: Vec::new() }
    }

    /// Denies what ordinary pages never use: sensors, capture, devices, payment, tracking.
    ///
    /// Not denied are passkeys, clipboard, full screen, autoplay and picture in picture.
    #[must_use]
    pub fn deny_powerful() -> Self {
        Self::new().deny([
            Feature::Accelerometer,
            Feature::BrowsingTopics,
            Feature::Camera,
            Feature::ComputePressure,
            Feature::DisplayCapture,
            Feature::Gamepad,
            Feature::Geolocation,
            Feature::Gyroscope,
            Feature::Hid,
            Feature::IdleDetection,
            Feature::LocalFonts,
            Feature::Magnetometer,
            Feature::Microphone,
            Feature::Midi,
            Feature::OtpCredentials,
            Feature::Payment,
            Feature::ScreenWakeLock,
            Feature::Serial,
            Feature::Usb,
            Feature::WindowManagement,
            Feature::XrSpatialTracking,
        ])
    }

    /// Denies features to everybody.
    #[must_use]
    pub fn deny(self, features: impl IntoIterator<Item = Feature>) -> Self {
        features.into_iter().fold(self, |policy, feature| policy.put(feature, Allowed::Nobody))
    }

    /// Hands a feature to pages of this origin only.
    #[must_use]
    pub fn allow_self(self, feature: Feature) -> Self {
        self.put(feature, Allowed::This)
    }

    /// Hands a feature to this origin and to frames of the given ones.
    ///
    /// # Errors
    ///
    /// An origin that is not `scheme://host` with an optional port; see [`Origin`].
    pub fn allow_origins<'a>(
        self,
        feature: Feature,
        origins: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ConfigError> {
        let origins = origins
            .into_iter()
            .map(|origin| origin.parse::<Origin>().map(|origin| origin.to_string()))
            .collect::<Result<_, _>>()?;
        Ok(self.put(feature, Allowed::Origins(origins)))
    }

    fn put(mut self, feature: Feature, allowed: Allowed) -> Self {
        self.features.retain(|(known, _)| *known != feature);
        self.features.push((feature, allowed));
        self
    }
}

impl fmt::Display for PermissionsPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (feature, allowed)) in self.features.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{}=", feature.as_str())?;
            match allowed {
                Allowed::Nobody => f.write_str("()")?,
                Allowed::This => f.write_str("(self)")?,
                Allowed::Origins(origins) => {
                    f.write_str("(self")?;
                    origins.iter().try_for_each(|origin| write!(f, " \"{origin}\""))?;
                    f.write_str(")")?;
                }
            }
        }
        Ok(())
    }
}
