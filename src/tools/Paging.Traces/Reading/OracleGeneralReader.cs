using System.Buffers.Binary;

namespace Paging.Traces.Reading;

//  0      4            12     16            24
// ┌──────┬────────────┬──────┬─────────────┐
// │ time │     id     │ size │ next access │    u32, u64, u32, i64; little endian, without gaps
// └──────┴────────────┴──────┴─────────────┘
/// <summary>Reads libCacheSim's oracleGeneral: 24 bytes an access, with the number of the next access to the same object.</summary>
/// <remarks>An object of any size counts as one page. The format does not record stores.</remarks>
internal sealed class OracleGeneralReader(LineReader input, string file) : TraceReader
{
    /// <summary>The length of a record.</summary>
    public const int RecordByteLength = 24;

    private const int RecordsAtOnce = 1 << 12;
    private const long NoNextAccess = -1;

    private readonly byte[] _buffer = new byte[RecordsAtOnce * RecordByteLength];
    private long _record;

    public override bool HasStores => false;

    public override TraceFormat Format => TraceFormat.OracleGeneral;

    /// <summary>
    /// The page of an object. An id may be a hash of 64 bits and a page has 63: only ids that differ in exactly the first and last bit
    /// become one.
    /// </summary>
    public static ulong PageOf(ulong id) => (id & TraceAccess.PageMax) ^ (id >> 63);

    /// <summary>Returns true if a trace that begins with these bytes is one. Text has no zeros, and sizes above 16 MiB are rare.</summary>
    public static bool IsOne(ReadOnlySpan<byte> beginning) => beginning.Length >= RecordByteLength && beginning[15] == 0
        && BinaryPrimitives.ReadInt64LittleEndian(beginning[16..]) is NoNextAccess or > 1;

    public override int Read(Span<TraceAccess> accesses, Span<bool> areFetches)
    {
        areFetches.Clear();
        Span<byte> bytes = _buffer.AsSpan(0, Math.Min(accesses.Length, RecordsAtOnce) * RecordByteLength);
        int byteLength;
        try
        {
            byteLength = input.ReadBytes(bytes);
        }
        catch (InvalidDataException exception)
        {
            throw TraceErrors.Unpacking(file, _record + 1, exception.Message);
        }

        int count = byteLength / RecordByteLength;
        for (int i = 0; i < count; i++) accesses[i] = ReadRecord(bytes[(i * RecordByteLength)..]);
        if (byteLength % RecordByteLength != 0)
            throw new TraceFormatException(file, _record + 1, $"the last record is cut short: each has {RecordByteLength} bytes");
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) input.Dispose();
    }

    private TraceAccess ReadRecord(ReadOnlySpan<byte> record)
    {
        _record++;
        if (BinaryPrimitives.ReadInt64LittleEndian(record[16..]) < NoNextAccess)
            throw new TraceFormatException(file, _record, "not a record of oracleGeneral: u32 time, u64 id, u32 size, i64 next access");
        return new(PageOf(BinaryPrimitives.ReadUInt64LittleEndian(record[4..])), isStore: false);
    }
}
