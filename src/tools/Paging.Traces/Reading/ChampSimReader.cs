using System.Buffers.Binary;

namespace Paging.Traces.Reading;

//  0     8        9       10          12          16                32                64
// ┌─────┬────────┬───────┬───────────┬───────────┬─────────────────┬─────────────────┐
// │ ip  │ branch │ taken │ registers │ registers │ 2 × destination │ 4 × source      │    little endian, addresses of 64 bits
// └─────┴────────┴───────┴───────────┴───────────┴─────────────────┴─────────────────┘
/// <summary>Reads ChampSim's traces: 64 bytes an instruction, with the addresses that it loads from and stores to.</summary>
/// <remarks>
/// An instruction is a fetch of the page of its address, then its loads, then its stores; an address of 0 is none. The records have no
/// lengths, so an access touches one page. ChampSim: inc/trace_instruction.h, struct input_instr.
/// </remarks>
internal sealed class ChampSimReader(LineReader input, string file) : TraceReader
{
    /// <summary>The length of a record.</summary>
    public const int RecordByteLength = 64;

    private const int RecordsAtOnce = 1 << 10, StoresAt = 16, LoadsAt = 32, PageShift = 12, AccessCountMax = 7;

    private readonly byte[] _buffer = new byte[RecordsAtOnce * RecordByteLength];
    private readonly (TraceAccess Access, bool IsFetch)[] _accesses = new (TraceAccess, bool)[AccessCountMax];
    private int _waiting, _next;    // accesses of the record that was read last
    private int _position, _end;
    private long _record;

    public override bool HasStores => true;

    public override TraceFormat Format => TraceFormat.ChampSim;

    public override int Read(Span<TraceAccess> accesses, Span<bool> areFetches)
    {
        int count = 0;
        for (; count < accesses.Length; count++)
        {
            if (_next == _waiting && !TryReadRecord()) break;
            accesses[count] = _accesses[_next].Access;
            if (!areFetches.IsEmpty) areFetches[count] = _accesses[_next].IsFetch;
            _next++;
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) input.Dispose();
    }

    /// <summary>Reads records until one has an access; false at the end.</summary>
    private bool TryReadRecord()
    {
        do
        {
            if (_position == _end && !Fill()) return false;
            TakeRecord();
        }
        while (_waiting == 0);
        return true;
    }

    private void TakeRecord()
    {
        ReadOnlySpan<byte> record = _buffer.AsSpan(_position, RecordByteLength);
        _position += RecordByteLength;
        _record++;
        if (record[8] > 1 || record[9] > 1)
            throw new TraceFormatException(file, _record, "not a record of ChampSim: a branch and its outcome are 0 or 1");
        (_waiting, _next) = (0, 0);
        Add(record, isStore: false, isFetch: true);
        for (int at = LoadsAt; at < RecordByteLength; at += sizeof(ulong)) Add(record[at..], isStore: false, isFetch: false);
        for (int at = StoresAt; at < LoadsAt; at += sizeof(ulong)) Add(record[at..], isStore: true, isFetch: false);
    }

    private void Add(ReadOnlySpan<byte> bytes, bool isStore, bool isFetch)
    {
        ulong address = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (address != 0) _accesses[_waiting++] = (new(address >> PageShift, isStore), isFetch);
    }

    private bool Fill()
    {
        int byteLength;
        try
        {
            byteLength = input.ReadBytes(_buffer);
        }
        catch (InvalidDataException exception)
        {
            throw TraceErrors.Unpacking(file, _record + 1, exception.Message);
        }

        if (byteLength % RecordByteLength != 0)
            throw new TraceFormatException(file, _record + (byteLength / RecordByteLength) + 1,
                $"the last record is cut short: each has {RecordByteLength} bytes");
        (_position, _end) = (0, byteLength);
        return byteLength > 0;
    }
}
