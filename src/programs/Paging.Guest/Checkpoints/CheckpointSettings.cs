using Paging.Guest.Records;
using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Guest.Checkpoints;

/// <summary>The options of the saved machine that the resuming one needs.</summary>
/// <param name="RamBytes">Its RAM.</param>
/// <param name="Tables">The format of its page tables.</param>
/// <param name="Pace">The base of its time.</param>
/// <param name="Execution">The processor of its programs.</param>
/// <param name="Features">The features of that processor; none for an emulated one, which is the same everywhere.</param>
internal readonly record struct CheckpointSettings(ulong RamBytes, TableFormat Tables, GuestPace Pace, GuestExecution Execution,
    ProcessorFeatures Features)
{
    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.Machine, 2);
        writer.Write(RamBytes);
        writer.Write((uint)Tables);
        writer.Write((uint)Pace);
        writer.Write((uint)Execution);
        writer.Write(Features.First);
        writer.Write(Features.Second);
        writer.End();
    }

    public static CheckpointSettings Load(RecordReader reader)
    {
        reader.Open(RecordKind.Machine, 2);
        CheckpointSettings settings = new(reader.ReadWideWord(),
            (TableFormat)reader.ReadIndex((int)TableFormat.Pae + 1, "the format of page tables"),
            (GuestPace)reader.ReadIndex((int)GuestPace.Host + 1, "the pace"),
            (GuestExecution)reader.ReadIndex((int)GuestExecution.Direct + 1, "the processor"),
            new(reader.ReadWideWord(), reader.ReadWideWord()));
        reader.Close();
        return settings;
    }
}
