// Draws the reference with fonts that the reader's machine has, in the colours that the reader's system asks for.
;(() => {
  const sans = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
  const mono = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace'
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const place = document.getElementById('reference')
  const file = place.dataset.document

  const typography = {
    fontFamily: sans,
    headings: { fontFamily: sans },
    code: { fontFamily: mono },
  }
  const light = { typography, rightPanel: { backgroundColor: '#12263f' }, codeBlock: { backgroundColor: '#0b1a2d' } }
  const night = {
    colors: {
      primary: { main: '#7db7f5' },
      success: { main: '#5fc98a' },
      warning: { main: '#e0b050' },
      error: { main: '#f08a7e' },
      gray: { 50: '#1c222b', 100: '#232b35' },
      border: { dark: 'rgba(255, 255, 255, 0.15)', light: 'rgba(255, 255, 255, 0.3)' },
      text: { primary: '#dde3ea', secondary: '#9aa6b4' },
      responses: {
        success: { color: '#5fc98a', backgroundColor: 'rgba(95, 201, 138, 0.1)' },
        error: { color: '#f08a7e', backgroundColor: 'rgba(240, 138, 126, 0.1)' },
        redirect: { color: '#e0b050', backgroundColor: 'rgba(224, 176, 80, 0.1)' },
        info: { color: '#7db7f5', backgroundColor: 'rgba(125, 183, 245, 0.1)' },
      },
    },
    schema: {
      nestedBackground: '#1c222b',
      linesColor: '#4a5665',
      typeNameColor: '#9aa6b4',
      typeTitleColor: '#9aa6b4',
      requireLabelColor: '#f08a7e',
      arrow: { color: '#9aa6b4' },
    },
    typography: {
      ...typography,
      code: { ...typography.code, color: '#f0a99f', backgroundColor: '#232b35' },
      links: { color: '#7db7f5', visited: '#7db7f5', hover: '#a9d0fa' },
    },
    sidebar: { backgroundColor: '#1c222b', textColor: '#dde3ea', activeTextColor: '#7db7f5' },
    rightPanel: { backgroundColor: '#0f1319', textColor: '#dde3ea' },
    codeBlock: { backgroundColor: '#1a2029' },
    fab: { backgroundColor: '#232b35', color: '#7db7f5' },
  }

  const options = {
    theme: dark.matches ? night : light,
    scrollYOffset: '.bar',
    downloadUrls: [{ title: file, url: file }],
    requiredPropsFirst: true,
    hideSingleRequestSampleTab: true,
    nativeScrollbars: true,
    showExtensions: ['x-unit', 'x-rate-limit'],
  }

  /** A number without a unit says so in the document, which people need not read at every count. */
  const readers = (key, value) => (key === 'x-unit' && value === 'none' ? undefined : value)

  fetch(file)
    .then(response => response.text())
    .then(text => window.Redoc.init(JSON.parse(text, readers), options, place))

  // Redoc keeps its first theme, so a change of the system's colours needs a fresh page.
  dark.addEventListener('change', () => location.reload())
})()
