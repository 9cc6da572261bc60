"""Pages of devices: driver, counter, kiosk, and how one is set up."""

from web.devices import counter, pages, shell, vendor

BLUEPRINTS = (pages.blueprint, counter.blueprint, vendor.blueprint, shell.blueprint)
