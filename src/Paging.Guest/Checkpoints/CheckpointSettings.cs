using Paging.Guest.Records;
using Paging.Native;

namespace Paging.Guest.Checkpoints;

/// <summary>What a machine was built with, as far as whoever resumes it wants to know.</summary>
internal readonly record struct CheckpointSettings(ulong RamBytes, TableFormat Tables, GuestPace Pace)
{
    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.Machine, 1);
        writer.Write(RamBytes);
        writer.Write((uint)Tables);
        writer.Write((uint)Pace);
        writer.End();
    }

    public static CheckpointSettings Load(RecordReader reader)
    {
        reader.Open(RecordKind.Machine, 1);
        CheckpointSettings settings = new(reader.ReadWideWord(),
            (TableFormat)reader.ReadIndex((int)TableFormat.Pae + 1, "the format of page tables"),
            (GuestPace)reader.ReadIndex((int)GuestPace.Host + 1, "the pace"));
        reader.Close();
        return settings;
    }
}
