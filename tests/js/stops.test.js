/** A stop is found by whatever of it is known, folded as the service folds, and followed by the next one open. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { fold } from "../../web/static/js/driver/folding.js";
import { isFound, mapsLink, nextStop } from "../../web/static/js/driver/stops.js";
import { cases } from "./cases.js";

const table = cases("folding");

test("what the service takes for one name is one here", () => {
  for (const alike of table.same_name) {
    for (const each of alike) assert.equal(fold(each), fold(alike[0]), JSON.stringify(each));
  }
  for (const [one, other] of table.other_name) assert.notEqual(fold(one), fold(other));
});

test("a stop is found by number, name, street, city and note", () => {
  const stop = {
    reference: "JD-01.4000",
    name: "Jörg Müller",
    street: "Straße des 17. Juni 12",
    postcode: "10623",
    city: "Berlin",
    note: "Klingel am Hinterhaus",
  };
  for (const sought of [
    "",
    "jd014",
    "muller",
    "MÜLLER jorg",
    "strasse 17",
    "berlin",
    "hinterhaus klingel",
    "10623",
    "juni 12",
    "106",
  ])
    assert.ok(isFound(stop, sought), sought);
  for (const sought of ["mueller", "jd02", "münchen", "müller münchen", "juni 2", "623"])
    assert.ok(!isFound(stop, sought), sought);

  const address = "Stra%C3%9Fe%20des%2017.%20Juni%2012%2C%2010623%20Berlin";
  assert.equal(mapsLink(stop, "Mozilla/5.0 (Linux; Android 14)"), `geo:0,0?q=${address}`);
  assert.equal(mapsLink(stop, "Mozilla/5.0 (iPhone; CPU)"), `https://maps.apple.com/?q=${address}`);
  assert.equal(mapsLink(stop, "X11; Linux"), `https://www.openstreetmap.org/search?query=${address}`);

  const open = { handed_over_at: null, not_handed_over: null, consignment: null };
  const tour = [
    { ...open, reference: "JD0A", consignment: 0 },
    { ...open, reference: "JD0B", consignment: 0 },
    { ...open, reference: "JD0C", not_handed_over: "nobody_home" },
    { ...open, reference: "JD0D" },
  ];
  assert.equal(nextStop(tour, "jd-0a")?.reference, "JD0D");
  assert.equal(nextStop(tour, "JD0D"), undefined);
  assert.equal(nextStop(tour, "JD09"), undefined);
});
