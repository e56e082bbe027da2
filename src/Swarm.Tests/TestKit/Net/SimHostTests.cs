using System.Net;
using Swarm.TestKit.Net;

namespace Swarm.Tests.TestKit.Net;

public sealed class SimHostTests
{
    [Fact]
    public void When_a_process_ends_its_connections_are_closed_and_its_dials_given_up()
    {
        var simulation = new Simulation(1);
        var network = new SimNetwork(simulation, new Random(1));
        var (one, other) = (network.AddHost("one", IPAddress.Parse("20.0.0.1"), LinkProfile.Default), network.AddHost("other", IPAddress.Parse("20.0.1.1"), LinkProfile.Default));
        var (ear, late) = (new Ear(), new Ear());
        other.Listen(7, _ => ear);
        one.Dial(new IPEndPoint(other.Address, 7), new Ear());
        simulation.AdvanceBy(TimeSpan.FromSeconds(1));
        one.OpenConnections.ShouldBe(1);
        one.Dial(new IPEndPoint(other.Address, 7), late);
        one.Quit();
        one.IsUp.ShouldBeTrue();
        one.OpenConnections.ShouldBe(0);
        simulation.AdvanceBy(TimeSpan.FromMinutes(5));
        ear.Closed.ShouldBe(1);
        (late.Connected, late.Closed).ShouldBe((0, 0));
        network.OpenConnections.ShouldBe(0);
    }

    private sealed class Ear : ISimSocketHandler
    {
        public int Connected { get; private set; }

        public int Closed { get; private set; }

        public void OnConnected() => Connected++;

        public void OnBytes(ReadOnlySpan<byte> bytes)
        {
        }

        public void OnClosed(string reason) => Closed++;
    }
}
