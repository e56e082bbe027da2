using System.Diagnostics.CodeAnalysis;

namespace Swarm.Kernel;

/// <summary>A map that is walked in the order of insertion, so that no walk depends on hashes; removal is constant time.</summary>
internal sealed class InsertionOrderedMap<TKey, TValue>(IEqualityComparer<TKey>? comparer = null)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<KeyValuePair<TKey, TValue>>> _nodes = new(comparer);
    private readonly LinkedList<KeyValuePair<TKey, TValue>> _order = new();

    internal int Count => _nodes.Count;

    internal bool ContainsKey(TKey key) => _nodes.ContainsKey(key);

    internal bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_nodes.TryGetValue(key, out var node))
        {
            value = node.Value.Value;
            return true;
        }

        value = default;
        return false;
    }

    internal void Add(TKey key, TValue value) => _nodes.Add(key, _order.AddLast(KeyValuePair.Create(key, value)));

    internal bool Remove(TKey key) => Remove(key, out _);

    internal bool Remove(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (!_nodes.Remove(key, out var node))
        {
            value = default;
            return false;
        }

        value = node.Value.Value;
        _order.Remove(node);
        return true;
    }

    internal TValue[] ToArray()
    {
        var values = new TValue[_order.Count];
        var i = 0;
        foreach (var pair in _order)
        {
            values[i++] = pair.Value;
        }

        return values;
    }

    internal TKey[] Keys()
    {
        var keys = new TKey[_order.Count];
        var i = 0;
        foreach (var pair in _order)
        {
            keys[i++] = pair.Key;
        }

        return keys;
    }
}
