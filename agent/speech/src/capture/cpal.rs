//! The microphones of the system's own sound interface, through cpal: on macOS and Windows, and on Linux without a sound
//! server.

use std::sync::Arc;
use std::time::Duration;

use scout_core::microphone::{DeviceChoice, DeviceId};

use ::cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use ::cpal::{BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig, SupportedBufferSize};

use super::devices::choose;
use super::microphone::{Health, Opened, RingWriter};
use super::{CaptureError, Device, Format, Microphone};

/// How long the sound server may take to set up a stream.
const SETUP_LIMIT: Duration = Duration::from_secs(2);

/// Buffer to ask for, as parts of a second. Servers take it as a hint, so nothing may rely on it.
const BUFFERS_PER_SECOND: u32 = 50;

/// cpal's name of the host that is used only where no other is there: its devices flood the error callback when they go,
/// or hang when they are closed, and its list is full of things that are no microphones.
const LAST_RESORT: &str = "ALSA";

/// Opens the microphones of the system's own sound interface.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cpal;

impl Cpal {
    /// Whether a sound server would do better.
    pub(super) fn is_last_resort() -> bool {
        is_last_resort(&::cpal::default_host())
    }
}

impl Microphone for Cpal {
    fn devices(&self) -> Result<Vec<Device>, CaptureError> {
        let host = ::cpal::default_host();
        if is_last_resort(&host) {
            let default = host.default_input_device();
            return Ok(default.iter().filter_map(|device| describe(device, None).map(as_default)).collect());
        }
        let default = host.default_input_device().and_then(|device| device.id().ok());
        let devices = host.input_devices().map_err(|error| remedy(&error, "list"))?;
        Ok(devices.filter_map(|device| describe(&device, default.as_ref())).collect())
    }

    fn open(&self, choice: &DeviceChoice) -> Result<Opened, CaptureError> {
        open_on(&::cpal::default_host(), choice)
    }
}

fn open_on(host: &::cpal::Host, choice: &DeviceChoice) -> Result<Opened, CaptureError> {
    let (device, description, is_substitute) = find(host, choice)?;
    let name = description.name.clone();
    let default = device.default_input_config().map_err(|error| remedy(&error, &name))?;
    let format = Format { rate: default.sample_rate(), channels: default.channels() };
    let config = StreamConfig { buffer_size: buffer_size(default.buffer_size(), format.rate), ..default.config() };
    let (writer, mut opened) = Opened::ring(description, is_substitute, format)?;
    let stream = build(&device, config, default.sample_format(), writer, &opened.health, &name)
        .map_err(|error| remedy(&error, &name))?;
    stream.play().map_err(|error| remedy(&error, &name))?;
    tracing::debug!(?format, sample_format = %default.sample_format(), host = %host.id(), "microphone opened");
    opened.keep = Box::new(stream);
    Ok(opened)
}

fn is_last_resort(host: &::cpal::Host) -> bool {
    host.id().name() == LAST_RESORT
}

/// The device to open, with its description, and whether it stands in for another.
fn find(host: &::cpal::Host, choice: &DeviceChoice) -> Result<(::cpal::Device, Device, bool), CaptureError> {
    // The short way: no list, which takes a tenth of a second.
    if *choice == DeviceChoice::Default
        && let Some(device) = host.default_input_device()
        && let Some(description) = describe(&device, None).map(as_default)
        && !description.id.is_monitor()
        && !is_last_resort(host)
    {
        return Ok((device, description, false));
    }
    if is_last_resort(host) {
        // Its list names things that are no microphones, so only the very one that was chosen is taken from it.
        let wanted = match choice {
            DeviceChoice::Id(id) => id.0.parse().ok().and_then(|id| host.device_by_id(&id)),
            DeviceChoice::Default => None,
        };
        let is_substitute = wanted.is_none() && *choice != DeviceChoice::Default;
        let device = wanted.or_else(|| host.default_input_device()).ok_or(CaptureError::NoMicrophone)?;
        // ALSA's default is a name that is always there; without a sound card nothing is behind it.
        device.default_input_config().map_err(|_| CaptureError::NoMicrophone)?;
        let description = describe(&device, None).ok_or(CaptureError::NoMicrophone)?;
        return Ok((device, description, is_substitute));
    }
    let default = host.default_input_device().and_then(|device| device.id().ok());
    let devices = host.input_devices().map_err(|error| remedy(&error, "list"))?;
    let (mut devices, descriptions): (Vec<_>, Vec<_>) = devices
        .filter_map(|device| {
            let description = describe(&device, default.as_ref())?;
            Some((device, description))
        })
        .unzip();
    let chosen = choose(&descriptions, choice)?;
    let index = descriptions.iter().position(|device| device.id == chosen.device.id).unwrap_or(0);
    Ok((devices.swap_remove(index), chosen.device.clone(), chosen.is_substitute))
}

fn describe(device: &::cpal::Device, default: Option<&::cpal::DeviceId>) -> Option<Device> {
    let id = device.id().ok()?;
    let name = device.description().map_or_else(|_| id.id().to_owned(), |about| about.name().to_owned());
    Some(Device { is_default: default == Some(&id), id: DeviceId(id.to_string()), name })
}

fn as_default(device: Device) -> Device {
    Device { is_default: true, ..device }
}

fn buffer_size(supported: &SupportedBufferSize, rate: u32) -> BufferSize {
    let wanted = rate / BUFFERS_PER_SECOND;
    match *supported {
        SupportedBufferSize::Range { min, max } if min <= max => BufferSize::Fixed(wanted.clamp(min, max)),
        SupportedBufferSize::Range { .. } | SupportedBufferSize::Unknown => BufferSize::Default,
    }
}

/// Builds the stream for whatever sample format the device has.
fn build(
    device: &::cpal::Device,
    config: StreamConfig,
    sample_format: SampleFormat,
    writer: RingWriter,
    health: &Arc<Health>,
    name: &str,
) -> Result<::cpal::Stream, ::cpal::Error> {
    macro_rules! build_as {
        ($($format:ident => $sample:ty),* $(,)?) => {
            match sample_format {
                $(SampleFormat::$format => build_typed::<$sample>(device, config, writer, health, name),)*
                other => Err(::cpal::Error::with_message(
                    ErrorKind::UnsupportedConfig,
                    format!("it offers samples of the kind {other} only"),
                )),
            }
        };
    }
    build_as!(
        I8 => i8, I16 => i16, I24 => ::cpal::I24, I32 => i32, I64 => i64,
        U8 => u8, U16 => u16, U24 => ::cpal::U24, U32 => u32, U64 => u64,
        F32 => f32, F64 => f64,
    )
}

fn build_typed<T>(
    device: &::cpal::Device,
    config: StreamConfig,
    mut writer: RingWriter,
    health: &Arc<Health>,
    name: &str,
) -> Result<::cpal::Stream, ::cpal::Error>
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let health = Arc::clone(health);
    let name = name.to_owned();
    device.build_input_stream(
        config,
        move |samples: &[T], _: &_| writer.write(samples, ::cpal::Sample::to_sample::<f32>),
        move |error| match error.kind() {
            // The stream goes on, elsewhere or with a gap that the clock shows.
            ErrorKind::DeviceChanged | ErrorKind::Xrun | ErrorKind::RealtimeDenied => {}
            _ => health.fail(|| lost(&error, &name)),
        },
        Some(SETUP_LIMIT),
    )
}

/// What the user can do about a stream that died.
fn lost(error: &::cpal::Error, device: &str) -> CaptureError {
    match error.kind() {
        ErrorKind::StreamInvalidated | ErrorKind::HostUnavailable => {
            CaptureError::NoSoundServer { reason: error.to_string() }
        }
        ErrorKind::DeviceNotAvailable | ErrorKind::BackendError => CaptureError::Lost { device: device.to_owned() },
        _ => remedy(error, device),
    }
}

/// What the user can do about a device that does not open.
fn remedy(error: &::cpal::Error, device: &str) -> CaptureError {
    let device = device.to_owned();
    let reason = error.to_string();
    match error.kind() {
        ErrorKind::HostUnavailable | ErrorKind::StreamInvalidated => CaptureError::NoSoundServer { reason },
        ErrorKind::DeviceNotAvailable => CaptureError::Lost { device },
        ErrorKind::DeviceBusy => CaptureError::Busy { device },
        ErrorKind::PermissionDenied => CaptureError::Denied { reason },
        _ => CaptureError::Unusable { device, reason },
    }
}
