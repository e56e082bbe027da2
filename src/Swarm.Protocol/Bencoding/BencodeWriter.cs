using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Swarm.Protocol.Bencoding;

/// <summary>
/// Writes canonical bencoding (BEP 3) into a buffer of its own that grows with what is written. One owner keeps one writer and calls
/// <see cref="Clear"/> between messages: then nothing is allocated once the buffer has its size.
/// <code>
/// writer.BeginDictionary().WriteInteger("piece"u8, 3).WriteInteger("total_size"u8, 99).End();
/// </code>
/// Always holds: keys are sorted and occur once, values follow keys. Breaking that is the caller's bug and throws
/// <see cref="InvalidOperationException"/>; nothing here depends on what another side sent.
/// </summary>
public sealed class BencodeWriter
{
    private const int LongestNumber = 20;

    private readonly ArrayBufferWriter<byte> _buffer;
    private readonly Stack<Frame> _open = new();
    private Frame _frame;

    /// <summary>An empty writer with room for <paramref name="capacity"/> bytes (≥ 1) before the buffer grows.</summary>
    public BencodeWriter(int capacity = 256) => _buffer = new ArrayBufferWriter<byte>(capacity);

    private enum Expect : byte
    {
        TopValue,
        Nothing,
        Item,
        Key,
        Value,
    }

    /// <summary>What has been written. Valid until the next write or <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> WrittenSpan => _buffer.WrittenSpan;

    /// <summary>What has been written, as memory; valid until the next write or <see cref="Clear"/>.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _buffer.WrittenMemory;

    /// <summary>Whether exactly one whole value has been written.</summary>
    public bool IsComplete => _frame.Expect == Expect.Nothing;

    /// <summary>A copy of the one whole value.</summary>
    public byte[] ToArray() => IsComplete ? WrittenSpan.ToArray() : throw new InvalidOperationException("The value is not complete.");

    /// <summary>Forgets what was written and keeps the buffer.</summary>
    public void Clear()
    {
        _buffer.ResetWrittenCount();
        _open.Clear();
        _frame = default;
    }

    /// <summary>Opens a dictionary; <see cref="End"/> closes it.</summary>
    public BencodeWriter BeginDictionary() => Begin((byte)'d', Expect.Key);

    /// <summary>Opens a list; <see cref="End"/> closes it.</summary>
    public BencodeWriter BeginList() => Begin((byte)'l', Expect.Item);

    /// <summary>Opens a dictionary under a key.</summary>
    public BencodeWriter BeginDictionary(ReadOnlySpan<byte> key) => WriteKey(key).BeginDictionary();

    /// <summary>Opens a list under a key.</summary>
    public BencodeWriter BeginList(ReadOnlySpan<byte> key) => WriteKey(key).BeginList();

    /// <summary>Closes the list or dictionary opened last.</summary>
    public BencodeWriter End()
    {
        if (_frame.Expect is not (Expect.Item or Expect.Key)) throw new InvalidOperationException("There is nothing to end here.");
        Append((byte)'e');
        _frame = _open.Pop();
        return this;
    }

    /// <summary>Writes a dictionary's key. It must be greater than the one before it, compared as bytes.</summary>
    public BencodeWriter WriteKey(ReadOnlySpan<byte> key)
    {
        if (_frame.Expect != Expect.Key) throw new InvalidOperationException("No key may stand here.");
        var isFirst = _frame.LastKeyEnd == 0;
        if (!isFirst && WrittenSpan[_frame.LastKeyStart.._frame.LastKeyEnd].SequenceCompareTo(key) >= 0)
        {
            throw new InvalidOperationException($"The key '{Encoding.Latin1.GetString(key)}' does not follow the one before it.");
        }

        AppendString(key);
        _frame = new Frame(Expect.Value, _buffer.WrittenCount - key.Length, _buffer.WrittenCount);
        return this;
    }

    /// <summary>Writes an integer.</summary>
    public BencodeWriter WriteInteger(long value)
    {
        BeforeValue();
        Append((byte)'i');
        AppendNumber(value);
        Append((byte)'e');
        return this;
    }

    /// <summary>Writes a string of bytes.</summary>
    public BencodeWriter WriteString(ReadOnlySpan<byte> value)
    {
        BeforeValue();
        AppendString(value);
        return this;
    }

    /// <summary>Writes a text as UTF-8.</summary>
    public BencodeWriter WriteText(string value)
    {
        BeforeValue();
        AppendNumber(Encoding.UTF8.GetByteCount(value));
        Append((byte)':');
        Encoding.UTF8.GetBytes(value, _buffer);
        return this;
    }

    /// <summary>Writes a value that is already encoded, as it stands. The caller vouches that it is exactly one value.</summary>
    public BencodeWriter WriteRaw(ReadOnlySpan<byte> encoded)
    {
        BeforeValue();
        _buffer.Write(encoded);
        return this;
    }

    /// <summary>Writes a key and an integer.</summary>
    public BencodeWriter WriteInteger(ReadOnlySpan<byte> key, long value) => WriteKey(key).WriteInteger(value);

    /// <summary>Writes a key and a string of bytes.</summary>
    public BencodeWriter WriteString(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => WriteKey(key).WriteString(value);

    /// <summary>Writes a key and a text as UTF-8.</summary>
    public BencodeWriter WriteText(ReadOnlySpan<byte> key, string value) => WriteKey(key).WriteText(value);

    /// <summary>Writes a key and a value that is already encoded.</summary>
    public BencodeWriter WriteRaw(ReadOnlySpan<byte> key, ReadOnlySpan<byte> encoded) => WriteKey(key).WriteRaw(encoded);

    private BencodeWriter Begin(byte token, Expect inside)
    {
        BeforeValue();
        Append(token);
        _open.Push(_frame);
        _frame = new Frame(inside, 0, 0);
        return this;
    }

    private void BeforeValue()
    {
        var after = _frame.Expect switch
        {
            Expect.TopValue => Expect.Nothing,
            Expect.Item => Expect.Item,
            Expect.Value => Expect.Key,
            _ => throw new InvalidOperationException("No value may stand here."),
        };
        _frame = _frame with { Expect = after };
    }

    private void AppendString(ReadOnlySpan<byte> value)
    {
        AppendNumber(value.Length);
        Append((byte)':');
        _buffer.Write(value);
    }

    private void AppendNumber(long value)
    {
        Utf8Formatter.TryFormat(value, _buffer.GetSpan(LongestNumber), out var written);
        _buffer.Advance(written);
    }

    private void Append(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    /// <summary>What may come next in an open container, and where its last key stands in the buffer (end 0: there was none).</summary>
    private readonly record struct Frame(Expect Expect, int LastKeyStart, int LastKeyEnd);
}
