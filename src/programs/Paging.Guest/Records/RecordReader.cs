using System.Buffers.Binary;
using System.Text;

namespace Paging.Guest.Records;

/// <summary>Reads the output of a <see cref="RecordWriter"/>. Reads nothing outside the open record.</summary>
/// <exception cref="InvalidDataException">Every method: the bytes are damaged.</exception>
internal sealed class RecordReader(ReadOnlyMemory<byte> bytes)
{
    private readonly Stack<int> _ends = new([bytes.Length]);
    private int _at;

    /// <summary>Opens a record; <see cref="Close"/> closes it.</summary>
    public void Open(RecordKind kind, uint version)
    {
        uint foundKind = ReadWord(), foundVersion = ReadWord();
        if (foundKind != (uint)kind) throw Damaged($"record {foundKind} stands where {kind} should");
        if (foundVersion != version)
            throw new InvalidDataException(
                $"The checkpoint's record {kind} has version {foundVersion}; this program reads version {version}.");
        uint length = ReadWord();
        if (length > _ends.Peek() - _at) throw Damaged($"record {kind} is longer than what holds it");
        _ends.Push(_at + (int)length);
    }

    /// <summary>Closes the record that was opened last, which must have been read to its end.</summary>
    public void Close()
    {
        if (_at != _ends.Pop()) throw Damaged("a record has unread bytes");
    }

    /// <summary>True at the end of the open record.</summary>
    public bool IsAtEnd => _at == _ends.Peek();

    public uint ReadWord() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public int ReadNumber() => (int)ReadWord();

    public ulong ReadWideWord() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    public long ReadWideNumber() => (long)ReadWideWord();

    public bool ReadFlag() => Take(1)[0] switch
    {
        0 => false,
        1 => true,
        _ => throw Damaged("a flag is neither 0 nor 1"),
    };

    public long? ReadOptional() => ReadFlag() ? ReadWideNumber() : null;

    public string ReadText() => Encoding.UTF8.GetString(ReadBytes());

    public ReadOnlySpan<byte> ReadBytes()
    {
        uint length = ReadWord();
        return length <= int.MaxValue ? Take((int)length) : throw Damaged("it ends too early");
    }

    /// <summary>Reads a count of items, each of at least a byte.</summary>
    public int ReadCount() => ReadIndex(_ends.Peek() - _at + 1, "a count");    // so that damage cannot request gigabytes

    /// <summary>Reads a number from 0 to below a bound.</summary>
    /// <param name="bound">The bound.</param>
    /// <param name="what">Its name, for the error.</param>
    public int ReadIndex(int bound, string what)
    {
        uint index = ReadWord();
        return index < (uint)bound ? (int)index : throw Damaged($"{what} is out of its range");
    }

    /// <summary>Makes the exception for any damage.</summary>
    public static InvalidDataException Damaged(string what) => new($"The checkpoint is damaged: {what}.");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _ends.Peek() - _at) throw Damaged("a record ends too early");
        _at += count;
        return bytes.Span.Slice(_at - count, count);
    }
}
