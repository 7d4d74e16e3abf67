using Paging.Guest.Records;
using Paging.Programs;

namespace Paging.Guest.Machine;

/// <summary>Random bytes from the engine's seed.</summary>
internal sealed class RandomBytes(ulong seed)
{
    private SeededRandom _random = new(seed ^ 0x9E37_79B9_7F4A_7C15);    // 2^64 / φ: not the engine's own sequence

    public void Fill(Span<byte> bytes) => _random.Fill(bytes);

    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.Random, 1);
        writer.Write(_random.State);
        writer.End();
    }

    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.Random, 1);
        _random = new(reader.ReadWideWord());
        reader.Close();
    }
}
