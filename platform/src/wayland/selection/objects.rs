//! What is on the clipboard, in the two protocols for it: wlroots' own, and the one that succeeds it everywhere.

use std::os::fd::BorrowedFd;

use wayland_client::Proxy;
use wayland_client::backend::ObjectId;
use wayland_protocols::ext::data_control::v1::client as ext;
use wayland_protocols_wlr::data_control::v1::client as wlr;

use ext::ext_data_control_offer_v1::ExtDataControlOfferV1 as ExtOffer;
use ext::ext_data_control_source_v1::ExtDataControlSourceV1 as ExtSource;
use wlr::zwlr_data_control_offer_v1::ZwlrDataControlOfferV1 as WlrOffer;
use wlr::zwlr_data_control_source_v1::ZwlrDataControlSourceV1 as WlrSource;

/// What we put on the clipboard.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Ext(ExtSource),
    Wlr(WlrSource),
}

/// What somebody has put there.
#[derive(Debug, Clone)]
pub(super) enum Offer {
    Ext(ExtOffer),
    Wlr(WlrOffer),
}

impl Source {
    pub(super) fn destroy(&self) {
        match self {
            Self::Ext(source) => source.destroy(),
            Self::Wlr(source) => source.destroy(),
        }
    }
}

impl Offer {
    pub(super) fn id(&self) -> ObjectId {
        match self {
            Self::Ext(offer) => offer.id(),
            Self::Wlr(offer) => offer.id(),
        }
    }

    /// Has the owner write the content in that format into a pipe.
    pub(super) fn receive(&self, format: &str, pipe: BorrowedFd<'_>) {
        match self {
            Self::Ext(offer) => offer.receive(format.to_owned(), pipe),
            Self::Wlr(offer) => offer.receive(format.to_owned(), pipe),
        }
    }

    pub(super) fn destroy(&self) {
        match self {
            Self::Ext(offer) => offer.destroy(),
            Self::Wlr(offer) => offer.destroy(),
        }
    }
}
