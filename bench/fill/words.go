// SPDX-License-Identifier: Apache-2.0

package fill

// endings are the last words of most names, each of 5 to 10 % of them.
func endings() (words []string, perMille []int) {
	return []string{"group", "systems", "trading", "holdings", "partners", "services", "logistics", "solutions",
			"industries", "consulting", "technologies", "international"},
		[]int{95, 90, 85, 80, 75, 75, 70, 65, 60, 55, 55, 50}
}

// rare are in some twenty names each, however many there are.
func rare() []string {
	return []string{"zephyr", "obsidian", "kumquat", "marzipan", "jacquard", "wyvern", "xenon", "pomelo"}
}

// absent are in no name. The second and the last are made of letters that stand
// together in many names.
func absent() []string { return []string{"xylophone", "tradings", "quagmire", "stonering"} }

// plain are the other words, the earlier the more frequent.
const plain = `
north river green united summit valley silver coast harbor stone bridge central golden forest blue eastern western southern
mountain lake pacific atlantic global prime royal first crown eagle falcon lion oak cedar pine maple birch willow elm ash
field meadow hill ridge canyon prairie island bay ocean delta creek spring brook falls rapids shore cliff cape
red white black amber copper iron steel bronze crystal diamond pearl ruby emerald sapphire ivory coral
star moon solar sun sky cloud storm wind rain snow frost ember flame spark light dawn dusk noon evening morning
apex vertex zenith pinnacle crest peak tower castle gate wall arch pillar column anchor compass beacon lantern torch shield
arrow spear lance sword hammer anvil forge kiln mill wheel gear lever engine motor turbine rotor piston valve
pump pipe cable wire circuit signal sensor laser photon neutron atom quantum vector matrix pixel cipher code data
digital cyber virtual logic binary kernel module network server router link node mesh grid orbit rocket shuttle comet
galaxy nebula cosmos lunar stellar meteor aurora horizon equator tropic arctic polar alpine boreal desert oasis
garden orchard vineyard farm harvest grain wheat barley corn rice cotton linen wool silk leather velvet denim canvas
bakery kitchen pantry spice pepper ginger saffron vanilla honey sugar cocoa coffee tea juice olive lemon orange cherry
apple peach plum grape berry melon almond hazel walnut chestnut clover fern ivy lily rose tulip orchid lotus daisy
tiger panther jaguar lynx wolf fox bear otter badger beaver deer elk moose bison buffalo horse pony donkey camel
hawk heron crane swan goose robin sparrow raven owl dove pelican gull penguin dolphin whale salmon trout marlin
medical dental clinic pharma health care vital nova bio gene cell optic vision hearing therapy wellness fitness sport
legal notary audit ledger capital equity credit trust fund asset bond mutual savings insurance broker merchant
market retail supply freight cargo shipping marine aviation rail transit motorway express courier parcel storage depot
design studio media print press paper ink graphic photo film sound music theatre stage gallery museum library
academy college school campus learning science research lab institute society alliance union federation league
civic urban metro town village borough county state national federal continental regional local district quarter
timber lumber marble granite slate gravel cement brick glass ceramic tile plaster paint carpet furniture cabinet
energy power electric hydro nuclear thermal carbon petrol gas fuel mineral mining quarry drilling refinery chemical
plastic rubber polymer textile garment fashion jewel watch clock mirror candle soap perfume toy game puzzle chess
security guard patrol sentinel watchman rescue safety fire water sewage waste recycling nature planet earth
modern classic heritage legacy pioneer frontier venture enterprise endeavor quest journey voyage passage pathway
`
