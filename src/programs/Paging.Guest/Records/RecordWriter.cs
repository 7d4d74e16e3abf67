using System.Buffers.Binary;
using System.Text;

namespace Paging.Guest.Records;

//   kind │ version │ length │ bytes …        a record; other records may lie among its bytes
/// <summary>Writes the parts of a machine as records with kind, version and length. Little-endian.</summary>
internal sealed class RecordWriter
{
    private readonly Stack<int> _open = new();
    private byte[] _bytes = new byte[4096];
    private int _count;

    /// <summary>Begins a record; <see cref="End"/> ends it.</summary>
    public void Begin(RecordKind kind, uint version)
    {
        Write((uint)kind);
        Write(version);
        _open.Push(_count);
        Write(0u);
    }

    /// <summary>Ends the record that was begun last.</summary>
    public void End()
    {
        int at = _open.Pop();
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(at), _count - at - sizeof(uint));
    }

    public void Write(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(sizeof(uint)), value);

    public void Write(int value) => Write((uint)value);

    public void Write(ulong value)
    {
        Write((uint)value);
        Write((uint)(value >> 32));
    }

    public void Write(long value) => Write((ulong)value);

    public void Write(bool value) => Take(1)[0] = value ? (byte)1 : (byte)0;

    /// <summary>Writes a number or null.</summary>
    public void Write(long? value)
    {
        Write(value is not null);
        if (value is { } there) Write(there);
    }

    /// <summary>Writes a text.</summary>
    public void Write(string text) => WriteBytes(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes, preceded by their number.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        Write((uint)bytes.Length);
        bytes.CopyTo(Take(bytes.Length));
    }

    /// <summary>Returns all records. None may be open.</summary>
    public ReadOnlyMemory<byte> ToMemory() => _open.Count == 0 ? _bytes.AsMemory(0, _count)
        : throw new InvalidOperationException("A record has not been ended.");

    private Span<byte> Take(int count)
    {
        if (_count + count > _bytes.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _count + count));
        _count += count;
        return _bytes.AsSpan(_count - count, count);
    }
}
