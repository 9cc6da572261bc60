/** Where this device is, if its person lets the page know. Never waited for: a visit counts without. */

const OPTIONS = { enableHighAccuracy: true, timeout: 10_000, maximumAge: 60_000 };

/** @typedef {{latitude: number, longitude: number, accuracy_metres: number}} Place */

/** @returns {Promise<PermissionState | "none">} whether a place can be had; none where the browser knows of no such thing */
export async function placePermission() {
  if (!("geolocation" in navigator)) return "none";
  const known = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
  return known?.state ?? "prompt";
}

/** @returns {Promise<Place | null>} */
export function measurePlace() {
  return new Promise((resolve) =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({
          latitude: coords.latitude,
          longitude: coords.longitude,
          accuracy_metres: Math.min(coords.accuracy, 1_000_000),
        }),
      () => resolve(null),
      OPTIONS,
    ),
  );
}

/**
 * Write a geo URI (RFC 5870) as people read it.
 * @param {string} uri
 */
export const readablePlace = (uri) => `${uri.replace(/^geo:/, "").replace(",", ", ").replace(";u=", " ±")} m`;
