namespace Swarm.Protocol.Dht.Krpc;

/// <summary>What a KRPC message is (BEP 5, key "y").</summary>
public enum KrpcKind : byte
{
    /// <summary>"q".</summary>
    Query,

    /// <summary>"r".</summary>
    Reply,

    /// <summary>"e".</summary>
    Error,
}

/// <summary>What a query asks for (key "q").</summary>
public enum KrpcMethod : byte
{
    /// <summary>A method we do not know; if it has a target it is answered as find_node, as libtorrent does, so that new methods can spread.</summary>
    Unknown,

    /// <summary>Are you there (BEP 5)?</summary>
    Ping,

    /// <summary>Nodes close to a target (BEP 5).</summary>
    FindNode,

    /// <summary>Peers of an info-hash, or nodes close to it (BEP 5; scrape and noseed: BEP 33).</summary>
    GetPeers,

    /// <summary>I am a peer of an info-hash (BEP 5; seed: BEP 33).</summary>
    AnnouncePeer,

    /// <summary>The item under a target (BEP 44).</summary>
    Get,

    /// <summary>Store this item (BEP 44).</summary>
    Put,

    /// <summary>Some info-hashes that have peers (BEP 51).</summary>
    SampleInfohashes,
}

/// <summary>The error codes of BEP 5 (201 to 204) and BEP 44.</summary>
public enum KrpcErrorCode
{
    /// <summary>Anything else.</summary>
    Generic = 201,

    /// <summary>The fault is the answering node's.</summary>
    Server = 202,

    /// <summary>A malformed packet, invalid arguments, a bad token.</summary>
    Protocol = 203,

    /// <summary>A method it does not know.</summary>
    MethodUnknown = 204,

    /// <summary>The value is too big.</summary>
    ValueTooBig = 205,

    /// <summary>The signature does not verify.</summary>
    InvalidSignature = 206,

    /// <summary>The salt is too big.</summary>
    SaltTooBig = 207,

    /// <summary>The item's sequence number is not the expected one: read it again.</summary>
    CasMismatch = 301,

    /// <summary>The sequence number is not above the stored one.</summary>
    SequenceTooLow = 302,
}

/// <summary>Which node lists a query asks for (BEP 32, key "want").</summary>
[Flags]
public enum KrpcWant : byte
{
    /// <summary>It does not say: the list of the family it came over.</summary>
    Unstated = 0,

    /// <summary>"n4": IPv4 nodes.</summary>
    V4 = 1,

    /// <summary>"n6": IPv6 nodes.</summary>
    V6 = 2,
}

/// <summary>What is wrong with a query that is a KRPC message all the same, so that its sender is told.</summary>
public enum KrpcFault : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>No method.</summary>
    NoMethod,

    /// <summary>No arguments.</summary>
    NoArguments,

    /// <summary>The sender's id is missing or not of twenty bytes.</summary>
    NoId,

    /// <summary>The target or info-hash is missing or not of twenty bytes.</summary>
    NoTarget,

    /// <summary>No token.</summary>
    NoToken,

    /// <summary>No port, none from 1 to 65,535, and no implied one.</summary>
    NoPort,

    /// <summary>A put without a value.</summary>
    NoValue,

    /// <summary>A put with a key, signature or sequence number that is missing, of the wrong size or negative.</summary>
    BadItem,
}
