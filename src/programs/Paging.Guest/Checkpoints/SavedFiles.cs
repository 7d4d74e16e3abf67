using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Checkpoints;

/// <summary>The open files of all processes in a checkpoint, their descriptor tables, and the contents of pipes.</summary>
internal sealed class SavedFiles(TaskTable tasks, SavedOpenFiles forms)
{
    private readonly List<DescriptorSet> _tables = [];

    /// <summary>The open files.</summary>
    public OpenFileNumbers Files { get; } = new();

    public int NumberOf(DescriptorSet table) => _tables.IndexOf(table);

    /// <summary>Reads the number of a table, and returns it for a process to hold.</summary>
    public DescriptorSet ReadTable(RecordReader reader) => TableOf(reader.ReadNumber());

    public DescriptorSet TableOf(int number) => number >= 0 && number < _tables.Count ? _tables[number]
        : throw RecordReader.Damaged("the number of a descriptor table is out of its range");

    /// <summary>Finds every open file of a machine: those in descriptor tables, and those reached through other files.</summary>
    public static void Find(TaskTable tasks, OpenFileNumbers found)
    {
        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie) continue;    // its descriptors are closed
            foreach (Descriptor descriptor in process.Descriptors.Numbers) found.Add(process.Descriptors.FindRaw(descriptor)!);
        }

        foreach (GuestTask task in tasks.Tasks)
        {
            if (task.Call.Awaited is FifoOpening opening) found.Add(opening.End);
            foreach (HeldFile held in task.Call.HeldFiles) found.Add(held.File);
        }

        for (int i = 0; i < found.Count; i++)
            foreach (OpenDescription next in found.All[i].FilesReached) found.Add(next);
    }

    /// <summary>Collects the tables of all processes, their open files, and the files that these lead to.</summary>
    public void Collect()
    {
        foreach (GuestProcess process in tasks.All)
            if (!process.IsZombie && !_tables.Contains(process.Descriptors)) _tables.Add(process.Descriptors);
        Find(tasks, Files);
        foreach (OpenDescription file in Files.All) forms.Collect(file);
    }

    public void Save(RecordWriter writer)
    {
        writer.Write(Files.Count);
        foreach (OpenDescription file in Files.All)
        {
            writer.Begin(RecordKind.OpenFile, 9);
            forms.Save(writer, file);
            writer.End();
        }

        writer.Write(forms.Pipes.Count);
        foreach (Pipe pipe in forms.Pipes) pipe.Save(writer);
        writer.Begin(RecordKind.Relations, 3);
        foreach (OpenDescription file in Files.All) file.SaveRelations(writer, Files);
        writer.End();
        writer.Write(_tables.Count);
        foreach (DescriptorSet table in _tables) SaveTable(writer, table);
    }

    /// <summary>Opens everything again. The caller gives the tables to processes, and then calls <see cref="Release"/>.</summary>
    public void Load(RecordReader reader)
    {
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            reader.Open(RecordKind.OpenFile, 9);
            Files.Add(forms.Load(reader));
            reader.Close();
        }

        if (reader.ReadCount() != forms.Pipes.Count) throw RecordReader.Damaged("its pipes are not those of its open files");
        foreach (Pipe pipe in forms.Pipes) pipe.Load(reader);
        reader.Open(RecordKind.Relations, 3);
        foreach (OpenDescription file in Files.All) file.LoadRelations(reader, Files);
        reader.Close();
        count = reader.ReadCount();
        for (int i = 0; i < count; i++) LoadTable(reader);
    }

    /// <summary>Drops the references of this class: files are held by their tables, and tables by their processes.</summary>
    public void Release()
    {
        foreach (DescriptorSet table in _tables) table.Release();
        foreach (OpenDescription file in Files.All) file.Release();
    }

    private void SaveTable(RecordWriter writer, DescriptorSet table)
    {
        writer.Begin(RecordKind.Descriptors, 1);
        Descriptor[] numbers = [.. table.Numbers];
        writer.Write(numbers.Length);
        foreach (Descriptor descriptor in numbers)
        {
            writer.Write(descriptor.Number);
            writer.Write(table.IsCloseOnExec(descriptor));
            writer.Write(Files.NumberOf(table.FindRaw(descriptor)!));
        }

        writer.End();
    }

    private void LoadTable(RecordReader reader)
    {
        reader.Open(RecordKind.Descriptors, 1);
        DescriptorSet table = new();
        _tables.Add(table);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            Descriptor descriptor = new(reader.ReadIndex(DescriptorSlots<OpenDescription>.CountMax, "a descriptor"));
            bool closeOnExec = reader.ReadFlag();
            OpenDescription file = Files.Read(reader);
            file.Hold();
            table.Replace(descriptor, file, closeOnExec);
        }

        reader.Close();
    }
}
