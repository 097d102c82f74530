// Work that waits until its part of the page comes near the window, or is printed.

// Returns a function that starts the work at once. It starts only once.
export function startAtFirstSight(part, start) {
  let isStarted = false;
  function startOnce() {
    if (isStarted) return;
    isStarted = true;
    observer.disconnect();
    start();
  }
  const observer = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) startOnce();
  }, { rootMargin: "200px" });
  observer.observe(part);
  window.addEventListener("beforeprint", startOnce);
  return startOnce;
}
