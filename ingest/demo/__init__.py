"""The demo region: a simulation of citizens' messages in Krasnodar Krai. Every message is made up."""
