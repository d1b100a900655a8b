//! The clipboard of one seat, and its events, in the two protocols for it. They differ in their names alone.

use wayland_client::globals::GlobalList;
use wayland_client::protocol::wl_seat::WlSeat;
use wayland_client::{Connection, Dispatch, Proxy, QueueHandle, delegate_noop, event_created_child};
use wayland_protocols::ext::data_control::v1::client as ext;
use wayland_protocols_wlr::data_control::v1::client as wlr;

use super::super::link::LinkError;
use super::objects::{Offer, Source};
use super::state::State;

use ext::ext_data_control_device_v1::{self as ext_device, ExtDataControlDeviceV1 as ExtDevice};
use ext::ext_data_control_manager_v1::ExtDataControlManagerV1 as ExtManager;
use ext::ext_data_control_offer_v1::{self as ext_offer, ExtDataControlOfferV1 as ExtOffer};
use ext::ext_data_control_source_v1::{self as ext_source, ExtDataControlSourceV1 as ExtSource};
use wlr::zwlr_data_control_device_v1::{self as wlr_device, ZwlrDataControlDeviceV1 as WlrDevice};
use wlr::zwlr_data_control_manager_v1::ZwlrDataControlManagerV1 as WlrManager;
use wlr::zwlr_data_control_offer_v1::{self as wlr_offer, ZwlrDataControlOfferV1 as WlrOffer};
use wlr::zwlr_data_control_source_v1::{self as wlr_source, ZwlrDataControlSourceV1 as WlrSource};

/// The way to one seat's clipboard.
pub(super) enum Device {
    Ext(ExtManager, ExtDevice),
    Wlr(WlrManager, WlrDevice),
}

impl Device {
    pub(super) fn bind(globals: &GlobalList, handle: &QueueHandle<State>) -> Result<Self, LinkError> {
        let seat: WlSeat = globals.bind(handle, 1..=1, ())?;
        if let Ok(manager) = globals.bind::<ExtManager, _, _>(handle, 1..=1, ()) {
            let device = manager.get_data_device(&seat, handle, ());
            return Ok(Self::Ext(manager, device));
        }
        let manager: WlrManager = globals.bind(handle, 1..=2, ())?;
        let device = manager.get_data_device(&seat, handle, ());
        Ok(Self::Wlr(manager, device))
    }

    /// A new source with that number and these formats, put on the clipboard.
    pub(super) fn set(&self, handle: &QueueHandle<State>, number: u64, formats: &[&str]) -> Source {
        let source = match self {
            Self::Ext(manager, _) => Source::Ext(manager.create_data_source(handle, number)),
            Self::Wlr(manager, _) => Source::Wlr(manager.create_data_source(handle, number)),
        };
        for format in formats {
            match &source {
                Source::Ext(source) => source.offer((*format).to_owned()),
                Source::Wlr(source) => source.offer((*format).to_owned()),
            }
        }
        match (self, &source) {
            (Self::Ext(_, device), Source::Ext(source)) => device.set_selection(Some(source)),
            (Self::Wlr(_, device), Source::Wlr(source)) => device.set_selection(Some(source)),
            // A source is made by its own device.
            _ => {}
        }
        source
    }

    /// Empties the clipboard.
    pub(super) fn clear(&self) {
        match self {
            Self::Ext(_, device) => device.set_selection(None),
            Self::Wlr(_, device) => device.set_selection(None),
        }
    }
}

delegate_noop!(State: ignore WlSeat);
delegate_noop!(State: ExtManager);
delegate_noop!(State: WlrManager);

/// Passes the events of one protocol on.
macro_rules! pass_on {
    ($variant:ident: $device:ident $device_events:ident, $source:ident $source_events:ident, $offer:ident $offer_events:ident) => {
        impl Dispatch<$device, ()> for State {
            fn event(
                state: &mut Self,
                _: &$device,
                event: $device_events::Event,
                (): &(),
                _: &Connection,
                _: &QueueHandle<Self>,
            ) {
                match event {
                    $device_events::Event::DataOffer { id } => state.offered(Offer::$variant(id)),
                    $device_events::Event::Selection { id } => state.selected(id.map(|id| id.id())),
                    $device_events::Event::PrimarySelection { id: Some(id) } => state.unwanted(&id.id()),
                    $device_events::Event::Finished => state.lost(),
                    _ => {}
                }
            }

            event_created_child!(State, $device, [$device_events::EVT_DATA_OFFER_OPCODE => ($offer, ())]);
        }

        impl Dispatch<$offer, ()> for State {
            fn event(
                state: &mut Self,
                offer: &$offer,
                event: $offer_events::Event,
                (): &(),
                _: &Connection,
                _: &QueueHandle<Self>,
            ) {
                if let $offer_events::Event::Offer { mime_type } = event {
                    state.format(&offer.id(), mime_type);
                }
            }
        }

        impl Dispatch<$source, u64> for State {
            fn event(
                state: &mut Self,
                _: &$source,
                event: $source_events::Event,
                number: &u64,
                _: &Connection,
                _: &QueueHandle<Self>,
            ) {
                match event {
                    $source_events::Event::Send { mime_type, fd } => state.asked(*number, &mime_type, fd),
                    $source_events::Event::Cancelled => state.replaced(*number),
                    _ => {}
                }
            }
        }
    };
}

pass_on!(Ext: ExtDevice ext_device, ExtSource ext_source, ExtOffer ext_offer);
pass_on!(Wlr: WlrDevice wlr_device, WlrSource wlr_source, WlrOffer wlr_offer);
