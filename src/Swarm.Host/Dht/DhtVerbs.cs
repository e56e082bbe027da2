using System.Collections.Immutable;
using System.Text;
using Swarm.Actors.Dht;
using Swarm.Host.Input;
using Swarm.Io.Crypto;
using Swarm.Protocol.Dht.Storage;

namespace Swarm.Host.Dht;

/// <summary>
/// What the verbs of <c>swarm dht</c> do with a running node: ask the DHT of both families at once, join the answers, print. One that fails in both fails with the reason of the first.
/// </summary>
internal sealed class DhtVerbs(SwarmNode node, DhtPrinter printer, CancellationToken interrupted)
{
    /// <summary>One node, at any of its addresses.</summary>
    /// <exception cref="SwarmException">It does not answer.</exception>
    public async Task PingAsync(HostEndPoint target)
    {
        var addresses = await PeerParser.ResolveAsync([target], interrupted).ConfigureAwait(false);
        var failure = $"{target} has no address of a family that this node uses";
        foreach (var address in addresses)
        {
            if (node.Dht.FirstOrDefault(dht => dht.Reaches(address.Address)) is not { } dht) continue;
            switch (await node.RunAsync(dht, new DhtActor.Ping(0, address), streamed: null, interrupted).ConfigureAwait(false))
            {
                case DhtActor.Ponged pong:
                    printer.Ponged(pong);
                    return;
                case DhtActor.Failed failed:
                    failure = failed.Reason;
                    break;
            }
        }

        throw new SwarmException(failure);
    }

    /// <summary>The closest nodes.</summary>
    /// <exception cref="SwarmException">No node answers.</exception>
    public async Task FindNodeAsync(NodeId target)
    {
        var found = await AskAsync<DhtActor.NodesFound>(new DhtActor.FindNode(0, target)).ConfigureAwait(false);
        printer.Nodes(target, found);
    }

    /// <summary>Peers of a torrent.</summary>
    /// <exception cref="SwarmException">No node answers.</exception>
    public async Task GetPeersAsync(InfoHash torrent, bool scrape)
    {
        var done = await AskAsync<DhtActor.PeersDone>(new DhtActor.GetPeers(0, torrent, scrape)).ConfigureAwait(false);
        printer.PeersDone(torrent, done);
    }

    /// <summary>This machine as a peer.</summary>
    /// <exception cref="SwarmException">No node takes it.</exception>
    public async Task AnnounceAsync(InfoHash torrent, int port, bool isSeed)
    {
        var announced = await AskAsync<DhtActor.Announced>(new DhtActor.Announce(0, torrent, port, isSeed)).ConfigureAwait(false);
        printer.Announced(torrent, announced);
    }

    /// <summary>An item.</summary>
    /// <exception cref="SwarmException">There is none.</exception>
    public async Task GetAsync(string text, string salt)
    {
        var saltBytes = SaltOf(salt);
        if (!ItemTarget.TryParse(text, saltBytes.AsSpan(), out var target)) throw new SwarmException($"'{text}' is no target");
        printer.Item(target, Newest(await AskAsync<DhtActor.ItemFound>(new DhtActor.GetItem(0, target, saltBytes)).ConfigureAwait(false)));
    }

    /// <summary>An item, made as described.</summary>
    /// <exception cref="SwarmException">No node takes it, or it cannot be made.</exception>
    public async Task PutAsync(ItemRecipe recipe)
    {
        var item = await MakeAsync(recipe).ConfigureAwait(false);
        printer.Put(item, await AskAsync<DhtActor.ItemPut>(new DhtActor.PutItem(0, item, recipe.Cas)).ConfigureAwait(false));
    }

    /// <summary>Info-hashes that nodes know.</summary>
    /// <exception cref="SwarmException">No node answers.</exception>
    public async Task SampleAsync(NodeId target) => printer.Samples(await AskAsync<DhtActor.SamplesFound>(new DhtActor.SampleInfohashes(0, target)).ConfigureAwait(false));

    /// <summary>Both families, once they have joined.</summary>
    /// <exception cref="SwarmException">No node answers.</exception>
    public async Task StatusAsync()
    {
        // Whoever has looked for itself has joined.
        await AskAsync<DhtActor.NodesFound>(new DhtActor.FindNode(0, new NodeId(new Bytes20(System.Security.Cryptography.RandomNumberGenerator.GetBytes(Bytes20.Size))))).ConfigureAwait(false);
        foreach (var dht in node.Dht)
        {
            if (await node.RunAsync(dht, new DhtActor.GetStatus(), streamed: null, interrupted).ConfigureAwait(false) is DhtStatus status) printer.Status(status);
        }
    }

    private async Task<DhtItem> MakeAsync(ItemRecipe recipe)
    {
        try
        {
            if (recipe.KeyFile is null) return DhtItem.Immutable(recipe.Bencoded());
            var seed = ItemKey.LoadOrMake(recipe.KeyFile);
            var salt = SaltOf(recipe.Salt);
            var sequence = recipe.Sequence ?? await NextSequenceAsync(seed, salt).ConfigureAwait(false);
            return DhtItem.Mutable(recipe.Bencoded(), salt.AsSpan(), sequence, seed, new ItemSignatures());
        }
        catch (ArgumentException e)
        {
            throw new SwarmException($"the value cannot be kept: it must be one bencoded value of at most {DhtItem.MaxValueSize} bytes", e);
        }
        catch (PlatformNotSupportedException e)
        {
            throw new SwarmException("mutable items need OpenSSL's libcrypto, which is not installed", e);
        }
    }

    private async Task<long> NextSequenceAsync(byte[] seed, ImmutableArray<byte> salt)
    {
        var key = new byte[IItemSignatures.PublicKeySize];
        Ed25519.KeyFromSeed(seed, key);
        var answers = await AskAllAsync(new DhtActor.GetItem(0, DhtItem.TargetOf(key, salt.AsSpan()), salt)).ConfigureAwait(false);
        return answers.OfType<DhtActor.ItemFound>().Select(found => found.Item.Sequence).DefaultIfEmpty(0).Max() + 1;
    }

    private static DhtActor.ItemFound Newest(ImmutableArray<DhtActor.ItemFound> found) => found.MaxBy(item => item.Item.Sequence)!;

    private static ImmutableArray<byte> SaltOf(string salt)
    {
        var bytes = Encoding.UTF8.GetBytes(salt);
        return bytes.Length <= DhtItem.MaxSaltSize ? [.. bytes] : throw new SwarmException($"--salt: it has {bytes.Length} bytes, and {DhtItem.MaxSaltSize} are allowed");
    }

    private async Task<ImmutableArray<T>> AskAsync<T>(object command)
    {
        var answers = await AskAllAsync(command).ConfigureAwait(false);
        ImmutableArray<T> succeeded = [.. answers.OfType<T>()];
        return succeeded.IsEmpty ? throw new SwarmException(answers.OfType<DhtActor.Failed>().First().Reason) : succeeded;
    }

    private Task<object[]> AskAllAsync(object command) => Task.WhenAll(node.Dht.Select(dht => node.RunAsync(dht, command, printer.Peers, interrupted)));
}
