using Paging.Guest.Abi;
using Paging.Guest.Processes;
using Paging.Guest.Records;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Processors;

namespace Paging.Guest.Checkpoints;

/// <summary>Processes and threads in a checkpoint, and their relations.</summary>
internal sealed class SavedTasks(IGuestProcessor processor, TaskTable tasks, ProcessTree processes, FutexTable futexes, FileTree tree,
    SavedMemories memories, SavedFiles files)
{
    private readonly List<SignalActions> _actions = [];
    private readonly List<FileContext> _places = [];

    /// <summary>Saves numbers and names, to which other records refer.</summary>
    public void SaveNumbers(RecordWriter writer)
    {
        writer.Begin(RecordKind.Tasks, 3);
        writer.Write(tasks.NextId);
        writer.Write(tasks.All.Count());
        foreach (GuestProcess process in tasks.All)
        {
            writer.Write(process.Id);
            writer.Write(process.IsZombie ? -1 : memories.NumberOf(process.Memory));
        }

        writer.Write(tasks.Tasks.Count);
        foreach (GuestTask task in tasks.Tasks)
        {
            writer.Write(task.Id);
            writer.Write(task.Process.Id);
        }

        writer.End();
    }

    /// <summary>Creates processes and threads with only their numbers and their memory.</summary>
    public void LoadNumbers(RecordReader reader)
    {
        reader.Open(RecordKind.Tasks, 3);
        int next = reader.ReadIndex(TaskTable.IdMax, "the next number");
        int count = reader.ReadCount();
        Dictionary<int, GuestProcess> made = [];
        HashSet<SharedMemory> held = [];
        for (int i = 0; i < count; i++)
        {
            int id = ReadId(reader), number = reader.ReadNumber();
            if (number < -1 || number >= memories.All.Count || made.ContainsKey(id)) throw RecordReader.Damaged("a process is none");
            SharedMemory memory = number < 0 ? memories.MakeGone() : memories.All[number];
            if (number >= 0 && !held.Add(memory)) memory.Hold();    // the first process has it from its creation
            made.Add(id, new GuestProcess(id, null, memory) { IsZombie = number < 0 });
            if (number < 0) tasks.AddEnded(made[id]);
        }

        count = reader.ReadCount();
        HashSet<int> numbers = [];
        for (int i = 0; i < count; i++)
        {
            int id = ReadId(reader);
            if (!made.TryGetValue(reader.ReadNumber(), out GuestProcess? process) || process.IsZombie || !numbers.Add(id))
                throw RecordReader.Damaged("a thread is none");
            tasks.Add(process, id, processor.CreateContext());
        }

        reader.Close();
        if (held.Count != memories.All.Count || made.Values.Any(static process => !process.IsZombie && process.Threads.Count == 0))
            throw RecordReader.Damaged("a process has no thread, or memory no process");
        tasks.NextId = next;
    }

    public void Save(RecordWriter writer)
    {
        foreach (GuestTask task in tasks.Tasks)
        {
            TaskState.Save(task, writer, files.Files);
            writer.Write(task.VforkParent?.Id ?? 0);
            // Which a repeated call would open once more; file locks are requested again, and futexes save their waiters
            writer.Write(task.Call.Awaited is FifoOpening opening ? files.Files.NumberOf(opening.End) : -1);
        }

        foreach (GuestProcess process in tasks.All.Where(static process => !process.IsZombie))
        {
            if (!_actions.Contains(process.Actions)) _actions.Add(process.Actions);
            if (!_places.Contains(process.Places)) _places.Add(process.Places);
        }

        writer.Write(_actions.Count);
        foreach (SignalActions actions in _actions) actions.Save(writer);
        writer.Write(_places.Count);
        foreach (FileContext places in _places) writer.Write(places.WorkingDirectory!.Path);

        foreach (GuestProcess process in tasks.All)
        {
            ProcessState.Save(process, writer);
            writer.Write(process.Children.Count);
            foreach (GuestProcess child in process.Children) writer.Write(child.Id);
            if (process.IsZombie) continue;    // only its status is left
            writer.Write(files.NumberOf(process.Descriptors));
            writer.Write(_actions.IndexOf(process.Actions));
            writer.Write(_places.IndexOf(process.Places));
        }

        futexes.Save(writer, tasks);
        processes.Save(writer);
    }

    public void Load(RecordReader reader)
    {
        foreach (GuestTask task in tasks.Tasks)
        {
            TaskState.Load(task, reader, files.Files);
            int parent = reader.ReadNumber();
            if (parent != 0) task.VforkParent = tasks.FindTask(parent) ?? throw RecordReader.Damaged("a thread waits for no child");
            int fifo = reader.ReadNumber();
            if (fifo < 0) continue;
            if (fifo >= files.Files.Count || files.Files.All[fifo] is not PipeEnd { Node: not null } end)
                throw RecordReader.Damaged("a task opens what is no FIFO");
            end.Hold();
            task.Call.Awaited = new FifoOpening(end);
        }

        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            _actions.Add(new());
            _actions[i].Load(reader);
        }

        count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            using TreeNode directory = NamedFiles.Find(tree, reader.ReadText());
            _places.Add(new() { WorkingDirectory = directory });
        }

        foreach (GuestProcess process in tasks.All) LoadProcess(process, reader);
        foreach (FileContext places in _places) places.Release();
        CheckAncestors();
        futexes.Load(reader, tasks);
        processes.Load(reader);
    }

    private void LoadProcess(GuestProcess process, RecordReader reader)
    {
        ProcessState.Load(process, reader);
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++)
        {
            GuestProcess? child = tasks.Find(reader.ReadNumber());
            if (child is not { Parent: null } || child == process) throw RecordReader.Damaged("a child has another parent");
            child.Parent = process;
            process.Children.Add(child);
        }

        if (process.IsZombie) return;
        process.Descriptors = files.ReadTable(reader).Hold();
        process.Actions = _actions[reader.ReadIndex(_actions.Count, "the number of signal actions")];
        FileContext places = _places[reader.ReadIndex(_places.Count, "the number of a working directory")];
        places.FileMask = process.FileMask;    // which stands with the process
        process.Places = places.Hold();
    }

    /// <summary>Refuses cycles of parents and children, on which walks would not end.</summary>
    private void CheckAncestors()
    {
        int count = tasks.All.Count();
        foreach (GuestProcess process in tasks.All)
        {
            int steps = 0;
            for (GuestProcess? at = process.Parent; at is not null; at = at.Parent)
                if (++steps > count) throw RecordReader.Damaged("a process is its own ancestor");
        }
    }

    private static int ReadId(RecordReader reader) => reader.ReadIndex(TaskTable.IdMax, "the number of a process");
}
