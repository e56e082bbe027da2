using Swarm.Protocol.Dht;
using Swarm.Protocol.Dht.Krpc;
using Swarm.Protocol.Dht.Lookups;
using Swarm.Protocol.Dht.Routing;
using Swarm.Protocol.Dht.Security;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Tests.Protocol.Dht;

public sealed class DhtSettingsTests
{
    [Fact]
    public void Values_at_the_bounds_are_accepted()
    {
        new KrpcLimits { MaxBytes = 512, MaxTokens = 20_000, MaxDepth = 4, MaxTransactionId = 64, MaxToken = 256 }.MaxToken.ShouldBe(256);
        new RoutingSettings { BucketSize = 64, MaxSpares = 0, MaxDepth = 159, BadAfterFailures = 1 }.MaxDepth.ShouldBe(159);
        new LookupSettings { Closest = 64, MaxParallel = 32, MaxCandidates = 16, MaxQueries = 8, LeastSecure = 0 }.LeastSecure.ShouldBe(0);
        new DhtStorageSettings { MaxPeersPerSwarm = 5_999, MaxSamples = 32, SampleInterval = TimeSpan.FromHours(6) }.MaxSamples.ShouldBe(32);
        new DhtSecuritySettings { AnswerRatio = 1, UnprovenBytesPerSecond = 0, RememberedSources = 64 }.AnswerRatio.ShouldBe(1);
        new DhtSecuritySettings { QueriesPerHost = 1, QueriesPerNetwork = DhtSecuritySettings.MostQueries, QueriesInAll = DhtSecuritySettings.MostQueries }.QueriesInAll.ShouldBe(10_000_000);
        new TransactionSettings { MaxInFlight = 65_536 }.MaxInFlight.ShouldBe(65_536);
        new ResponderSettings { MaxReplyBytes = 512, MaxItemReplyBytes = 1_472 }.MaxReplyBytes.ShouldBe(512);
    }

    [Fact]
    public void Values_past_the_bounds_are_a_bug_that_names_the_setting()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => new KrpcLimits { MaxBytes = 511 }).ParamName.ShouldBe("MaxBytes");
        Should.Throw<ArgumentOutOfRangeException>(() => new RoutingSettings { BucketSize = 65 }).ParamName.ShouldBe("BucketSize");
        Should.Throw<ArgumentOutOfRangeException>(() => new RoutingSettings { MaxDepth = 160 }).ParamName.ShouldBe("MaxDepth");
        Should.Throw<ArgumentOutOfRangeException>(() => new LookupSettings { MaxParallel = 0 }).ParamName.ShouldBe("MaxParallel");
        Should.Throw<ArgumentOutOfRangeException>(() => new LookupSettings { LeastSecure = 65 }).ParamName.ShouldBe("LeastSecure");
        Should.Throw<ArgumentOutOfRangeException>(() => new DhtStorageSettings { MaxPeersPerSwarm = 6_000 }).ParamName.ShouldBe("MaxPeersPerSwarm");
        Should.Throw<ArgumentOutOfRangeException>(() => new DhtStorageSettings { SampleInterval = TimeSpan.FromHours(6) + TimeSpan.FromTicks(1) }).ParamName.ShouldBe("SampleInterval");
        Should.Throw<ArgumentOutOfRangeException>(() => new DhtSecuritySettings { AnswerRatio = 21 }).ParamName.ShouldBe("AnswerRatio");
        Should.Throw<ArgumentOutOfRangeException>(() => new DhtSecuritySettings { QueriesPerHost = DhtSecuritySettings.MostQueries + 1 }).ParamName.ShouldBe("QueriesPerHost");
        Should.Throw<ArgumentOutOfRangeException>(() => new DhtSecuritySettings { QueriesPerNetwork = 0 }).ParamName.ShouldBe("QueriesPerNetwork");
        Should.Throw<ArgumentOutOfRangeException>(() => new DhtSecuritySettings { QueriesInAll = 0 }).ParamName.ShouldBe("QueriesInAll");
        Should.Throw<ArgumentOutOfRangeException>(() => new TransactionSettings { MaxInFlight = 65_537 }).ParamName.ShouldBe("MaxInFlight");
        Should.Throw<ArgumentOutOfRangeException>(() => new ResponderSettings { MaxItemReplyBytes = 1_473 }).ParamName.ShouldBe("MaxItemReplyBytes");
    }
}
