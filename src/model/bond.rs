//! Bonds: several interfaces that are one port (ovs-vswitchd.conf.db(5), "Bonding Configuration").

use std::sync::Arc;

/// How a bond spreads packets over its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BondMode {
    /// One member takes all.
    #[default]
    ActiveBackup,
    /// By the sender's MAC address and VLAN.
    BalanceSlb,
    /// By addresses and ports.
    BalanceTcp,
}

impl BondMode {
    /// By its name.
    pub fn by_name(name: &str) -> Option<BondMode> {
        match name {
            "active-backup" => Some(BondMode::ActiveBackup),
            "balance-slb" => Some(BondMode::BalanceSlb),
            "balance-tcp" => Some(BondMode::BalanceTcp),
            _ => None,
        }
    }
}

/// How far a bond has come with LACP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lacp {
    /// It does not speak it.
    #[default]
    Off,
    /// It does, and nobody has answered.
    Configured,
    /// Both ends agree.
    Negotiated,
}

/// A bond, as `ovs-appctl bond/show` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bond {
    /// The port's name.
    pub name: Arc<str>,
    /// How it spreads packets.
    pub mode: BondMode,
    /// How far it has come with LACP.
    pub lacp: Lacp,
    /// Whether it does as if it were `active-backup` as long as nobody answers.
    pub falls_back: bool,
    /// Whether members other than the active one take multicast.
    pub all_active: bool,
    /// What changes its hash.
    pub basis: u32,
    /// The recirculation by which the datapath spreads packets, if it does.
    pub recirculation: Option<u32>,
    /// Its members, by name.
    pub members: Vec<BondMember>,
}

/// A member of a bond.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BondMember {
    /// The interface.
    pub name: Arc<str>,
    /// Whether it carries packets.
    pub is_enabled: bool,
    /// Whether it will soon.
    pub may_enable: bool,
    /// Whether it is the active one.
    pub is_active: bool,
}
