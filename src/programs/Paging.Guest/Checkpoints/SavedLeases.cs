using Paging.Guest.Records;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>Leases of files and watches of directories in a checkpoint, with what /proc/sys/fs says of them.</summary>
internal sealed class SavedLeases(FileLeases leases, DirectoryWatches watches, FileSwitches switches)
{
    public void Save(RecordWriter writer, SavedFiles files)
    {
        switches.Save(writer);
        FileLease[] all = [.. leases.All.Where(lease => files.Files.Contains(lease.File))];
        writer.Write(all.Length);
        foreach (FileLease lease in all)
        {
            writer.Write(files.Files.NumberOf(lease.File));
            writer.Write(lease.Descriptor.Number);
            writer.Write((uint)lease.Type);
            writer.Write(lease.MustGo);
            writer.Write(lease.MustShrink);
            writer.Write(lease.GoesAt);
            writer.Write(lease.ShrinksAt);
        }

        writer.Write(watches.All.Count);
        foreach (DirectoryWatch watch in watches.All.Reverse())    // as they were set
        {
            writer.Write(files.Files.NumberOf(watch.File));
            writer.Write(files.NumberOf(watch.Owner));
            writer.Write(watch.Descriptor.Number);
            writer.Write((uint)watch.Events);
        }
    }

    /// <summary>The files and their tables are there.</summary>
    public void Load(RecordReader reader, SavedFiles files)
    {
        switches.Load(reader);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            if (files.Files.Read(reader) is not RegularFile file) throw RecordReader.Damaged("a lease is on no regular file");
            leases.Add(new(file, new(reader.ReadNumber()), (LeaseType)reader.ReadIndex((int)LeaseType.None, "a lease"))
            {
                MustGo = reader.ReadFlag(),
                MustShrink = reader.ReadFlag(),
                GoesAt = reader.ReadOptional(),
                ShrinksAt = reader.ReadOptional(),
            });
        }

        count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            if (files.Files.Read(reader) is not DirectoryFile directory) throw RecordReader.Damaged("a watch is on no directory");
            DirectoryWatch watch = new(directory, files.TableOf(reader.ReadNumber()))
            {
                Descriptor = new(reader.ReadNumber()),
                Events = (DirectoryEvents)reader.ReadWord(),
            };
            watches.Add(watch);
        }
    }
}
