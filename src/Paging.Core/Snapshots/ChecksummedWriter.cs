using System.Buffers.Binary;
using System.Text;
using Paging.Core.Threads;

namespace Paging.Core.Snapshots;

/// <summary>Writes numbers, texts and bytes to a stream, and a CRC-32C of all of it. Little-endian.</summary>
internal sealed class ChecksummedWriter(Stream stream, CallerCheck callers)
{
    private const int PieceLength = 256 << 10;    // the stream finds the bytes in the cache after the checksum
    private const int SnapshotPageByteLength = 4096;    // a sink gets slots of a swap store, which have one page
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 << 10);    // most writes are words, each Send is a callback
    private int _filled;
    private uint _checksum = uint.MaxValue;    // CRC-32C begins with ones and ends inverted

    /// <summary>Writes a 32-bit number.</summary>
    public void Write(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        Write(bytes);
    }

    /// <summary>Writes a 64-bit number.</summary>
    public void Write(ulong value)
    {
        Write((uint)value);
        Write((uint)(value >> 32));
    }

    /// <summary>Writes a text as its length in bytes and UTF-8.</summary>
    public void Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Write((uint)bytes.Length);
        Write(bytes);
    }

    /// <summary>Writes a list as <see cref="ChecksummedReader.ReadList"/> reads it: its length, and then its items.</summary>
    /// <param name="items">The items.</param>
    /// <param name="write">Writes one.</param>
    public void WriteList<T>(IReadOnlyCollection<T> items, Action<ChecksummedWriter, T> write)
    {
        Write((uint)items.Count);
        foreach (T item in items) write(this, item);
    }

    /// <summary>Writes bytes. Large pieces go to the stream without a copy.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length > PieceLength; bytes = bytes[PieceLength..]) WritePiece(bytes[..PieceLength]);
        WritePiece(bytes);
    }

    private void WritePiece(ReadOnlySpan<byte> bytes)
    {
        _checksum = Checksum.Append(_checksum, bytes);
        if (bytes.Length > _buffer.Length - _filled) Flush();    // first: the order of the bytes stays
        if (bytes.Length >= _buffer.Length)
        {
            Send(bytes);
            return;
        }

        bytes.CopyTo(_buffer.AsSpan(_filled));
        _filled += bytes.Length;
    }

    /// <summary>Writes the checksum of everything since the last one.</summary>
    public void WriteChecksum()
    {
        uint checksum = ~_checksum;
        Write(checksum);
        _checksum = uint.MaxValue;
    }

    /// <summary>Hands everything to the stream.</summary>
    public void Flush()
    {
        Send(_buffer.AsSpan(0, _filled));
        _filled = 0;
    }

    /// <summary>Hands pages to the host's code, one at a time.</summary>
    public void Call(Action<ReadOnlySpan<byte>> sink, ReadOnlySpan<byte> pages)
    {
        using HostCall call = callers.Callbacks.Begin();
        for (; !pages.IsEmpty; pages = pages[SnapshotPageByteLength..]) sink(pages[..SnapshotPageByteLength]);
    }

    // The stream is the host's code: it may not call the engine, which is in the middle of a walk.
    private void Send(ReadOnlySpan<byte> bytes)
    {
        using HostCall call = callers.Callbacks.Begin();
        stream.Write(bytes);
    }
}

/// <summary>Reads the output of a <see cref="ChecksummedWriter"/>.</summary>
/// <exception cref="InvalidDataException">Every method: the stream ends too early, or the checksum is wrong.</exception>
internal sealed class ChecksummedReader(Stream stream, CallerCheck callers)
{
    private const int TextBytesMax = 1 << 16;    // a damaged length must not make the reader allocate 4 GiB
    private uint _checksum = uint.MaxValue;

    /// <summary>Reads a 32-bit number.</summary>
    public uint ReadWord()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        Read(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    /// <summary>Reads a 64-bit number.</summary>
    public ulong ReadLong() => ReadWord() | ((ulong)ReadWord() << 32);

    /// <summary>Reads a text.</summary>
    public string ReadText()
    {
        uint length = ReadWord();
        if (length > TextBytesMax) throw Damaged("a text is too long");
        byte[] bytes = new byte[length];
        Read(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads a list: its length, and then its items.</summary>
    /// <param name="most">The most items that it can have.</param>
    /// <param name="read">Reads one.</param>
    public T[] ReadList<T>(int most, Func<ChecksummedReader, T> read)
    {
        uint count = ReadWord();
        if (count > (uint)most) throw Damaged("a list is too long");
        List<T> list = [];    // grows as it is read: the count may be damaged
        for (uint i = 0; i < count; i++) list.Add(read(this));
        return [.. list];
    }

    /// <summary>Fills a span.</summary>
    public void Read(Span<byte> bytes)
    {
        int read = Receive(bytes);
        if (read < bytes.Length) throw Damaged("it ends too early");
        _checksum = Checksum.Append(_checksum, bytes);
    }

    private int Receive(Span<byte> bytes)
    {
        using HostCall call = callers.Callbacks.Begin();
        return stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);    // a stream may return less than it is asked for
    }

    /// <summary>Compares the checksum of everything since the last one.</summary>
    public void CheckChecksum()
    {
        uint expected = ~_checksum;    // before the next read, which is checksummed itself
        if (ReadWord() != expected) throw Damaged("a checksum is wrong");
        _checksum = uint.MaxValue;
    }

    /// <summary>The one error for every kind of damage.</summary>
    public static InvalidDataException Damaged(string what) => new($"The saved snapshot is damaged: {what}.");
}
