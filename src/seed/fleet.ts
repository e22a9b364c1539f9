/** The chargers that the demo knows: what their makers sell, and what two tenants have put up. */

export const MODELS = [
  {
    manufacturer: 'Tellus Power',
    model: 'TP-AC22',
    current_type: 'AC',
    connector_count: 1,
    connector_types: ['Type 2'],
    max_power_kw: 22,
    max_discharge_power_kw: null,
    firmware: ['1.5.0', '1.6.2'],
  },
  {
    manufacturer: 'Tellus Power',
    model: 'TP-DC180',
    current_type: 'DC',
    connector_count: 2,
    connector_types: ['CCS2', 'CCS2'],
    max_power_kw: 180,
    max_discharge_power_kw: null,
    firmware: ['3.0.2', '3.1.0'],
  },
  {
    manufacturer: 'Tellus Power',
    model: 'TP-DC180-V2G',
    current_type: 'DC',
    connector_count: 2,
    connector_types: ['CCS2', 'CHAdeMO'],
    max_power_kw: 180,
    max_discharge_power_kw: 60,
    firmware: ['260101.0900', '260122.1606'],
  },
] as const

export interface DemoSite {
  site_id: string
  name: string
  address: string
  postcode: string
  latitude_deg: number
  longitude_deg: number
  power_capacity_kw: number
  /** Models of the chargers, by index in MODELS. */
  chargers: number[]
  /** Serial numbers begin with this. */
  serial: string
}

export interface DemoTenant {
  slug: string
  name: string
  operator: { operator_id: string; name: string }
  sites: DemoSite[]
}

export const TENANTS: DemoTenant[] = [
  {
    slug: 'acme',
    name: 'Acme Charging',
    operator: { operator_id: 'acme-charging-uk', name: 'Acme Charging Network UK' },
    sites: [
      {
        site_id: '7b1c5f7e-3a55-4f0e-9a43-0d1f5f0e7c11',
        name: 'Coventry Gateway',
        address: '1 Station Square, Coventry',
        postcode: 'CV1 2GT',
        latitude_deg: 52.4,
        longitude_deg: -1.51,
        power_capacity_kw: 400,
        chargers: [0, 0, 1, 2],
        serial: 'ACME-DEMO-COV',
      },
      {
        site_id: 'a4d0c0b2-6a0f-4d53-8f65-6c1d8f9f3b22',
        name: 'Solihull Retail Park',
        address: '40 Marshall Lake Road, Solihull',
        postcode: 'B90 4EE',
        latitude_deg: 52.39,
        longitude_deg: -1.8,
        power_capacity_kw: 260,
        chargers: [1, 0, 0],
        serial: 'ACME-DEMO-SOL',
      },
      {
        site_id: 'e2b7a9d4-0c5b-4a8e-b7d1-3f6a2c8e4d33',
        name: 'Warwick Depot',
        address: '12 Wedgnock Lane, Warwick',
        postcode: 'CV34 5YA',
        latitude_deg: 52.29,
        longitude_deg: -1.6,
        power_capacity_kw: 176,
        chargers: [2, 0, 0, 0],
        serial: 'ACME-DEMO-WAR',
      },
    ],
  },
  {
    slug: 'borealis',
    name: 'Borealis Mobility',
    operator: { operator_id: 'borealis-gb', name: 'Borealis Mobility GB' },
    sites: [
      {
        site_id: 'c9f3d7e1-5b2a-4c6d-9e8f-7a1b3c5d9e44',
        name: 'Leeds Interchange',
        address: '7 Neville Street, Leeds',
        postcode: 'LS1 4DY',
        latitude_deg: 53.79,
        longitude_deg: -1.55,
        power_capacity_kw: 300,
        chargers: [1, 0],
        serial: 'BOR-DEMO-LDS',
      },
    ],
  },
]
