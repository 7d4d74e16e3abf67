using System.Text;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Tree;
using Paging.Native;
using Paging.Programs;

namespace Paging.Guest.Programs;

/// <summary>
/// execve(2): finds the image in the guest's tree, hands it to the engine, and makes the thread the only one of a new program.
/// </summary>
/// <remarks>Linux: fs/exec.c do_execveat_common, begin_new_exec; fs/binfmt_script.c.</remarks>
internal sealed class ProgramStart(PagingEngine engine, GuestKernelOptions options, HostWaits hostWaits, ProcessTree processes,
    FileTree tree, HostInodes inodes, RootLayout layout) : IProgramFiles
{
    private const int ScriptDepthMax = 5, ScriptLineLength = 255, NameLengthMax = 15, NoRandomization = 0x0004_0000;

    private readonly ProgramLoader _loader = new(engine);
    private GuestTask? _asker;

    /// <summary>The first program. ENOENT and others: it cannot be executed.</summary>
    public Errno StartFirst(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        bool isPrivileged = Credentials.OfHost.Can(Capability.LockMemory);
        UserProcess core = engine.CreateProcess("init", new ProcessOptions { IsPrivileged = isPrivileged });
        GuestTask task = processes.AddFirst(core);
        GuestProcess process = task.Process;
        process.WorkingDirectory = layout.WorkingDirectory;
        HostLimits.CopyTo(process.Limits);
        process.Limits.ApplyTo(core.Memory);
        string[] names = ["/dev/stdin", "/dev/stdout", "/dev/stderr"];
        for (int i = 0; i < 3; i++)
        {
            int host = options.StandardStreams[i];
            if (HostCalls.Status(host, out _) == Errno.None)
                process.Descriptors.Replace(new(i), new HostStream(hostWaits, host, HostLimits.FlagsOf(host), names[i]),
                    closeOnExec: false);
        }

        string inside = layout.Bring(path);
        Errno error = Execute(task, inside, [path, .. arguments], environment);
        return error;
    }

    /// <summary>The thread goes on as another program. An error: it goes on as it was, or has been killed.</summary>
    public Errno Execute(GuestTask task, string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        Errno error = Find(task, path, out RegularFile? file, out string where);
        if (error != Errno.None) return error;
        List<string> words = arguments.Count == 0 ? [""] : [.. arguments];
        string name = path;
        for (int depth = 0; TryReadScript(file!, out string interpreter, out string? option); depth++)
        {
            file!.Release();
            if (interpreter.Length == 0) return Errno.ENOEXEC;
            if (depth == ScriptDepthMax) return Errno.ELOOP;
            words.RemoveAt(0);
            words.Insert(0, name);
            if (option is not null) words.Insert(0, option);
            words.Insert(0, interpreter);
            name = interpreter;
            error = Find(task, interpreter, out file, out where);
            if (error != Errno.None) return error;
        }

        error = Load(task, file!, path, words, environment, out ExecutedProgram program);
        file!.Release();
        if (error == Errno.None) Begin(task, where, path, program);
        return error;
    }

    /// <inheritdoc/>
    public Errno Find(string path, out ProgramImage? image)
    {
        image = null;
        Errno error = Find(_asker!, path, out RegularFile? file, out _);
        if (error != Errno.None) return error;
        image = ProgramImage.Of(file!.Inode!.File);
        file.Release();    // the inode keeps its pages; the areas that map it will hold it
        return Errno.None;
    }

    private Errno Find(GuestTask task, string path, out RegularFile? file, out string where)
    {
        file = null;
        where = path;
        Errno error = tree.Resolve(task, task.Process.WorkingDirectory, path, follow: true, out Place place);
        if (error == Errno.None && place.Mount.IsMagicLink(place.Relative))
        {
            error = place.Mount.ReadLink(task, place.Relative, out string target);
            if (error == Errno.None) error = tree.Resolve(task, "/", target, follow: true, out place);
        }

        if (error != Errno.None) return error;
        error = place.Mount.Status(task, place.Relative, out FileStatus status);
        if (error != Errno.None) return error;
        if (!status.IsRegular || (status.Mode & FileModes.AllExecute) == 0) return Errno.EACCES;
        error = place.Mount.Access(task, place.Relative, 1);
        if (error != Errno.None) return error;
        error = place.Mount.Open(task, place, 0, 0, out OpenDescription? open);
        if (error != Errno.None) return error;
        where = place.Path;
        if (open is RegularFile { Inode: not null } regular)
        {
            file = regular;
            if (regular.Inode.WriterCount == 0) return Errno.None;
            regular.Release();
            return Errno.ETXTBSY;
        }

        open!.Release();
        return Errno.EACCES;
    }

    private static bool TryReadScript(RegularFile file, out string interpreter, out string? option)
    {
        (interpreter, option) = ("", null);
        Span<byte> line = stackalloc byte[ScriptLineLength + 1];
        int count = file.ReadAt(0, line).Count;
        if (count < 2 || line[0] != '#' || line[1] != '!') return false;
        int end = line[..count].IndexOf((byte)'\n');
        string text = Encoding.UTF8.GetString(line[2..(end < 0 ? count : end)]).Trim(' ', '\t');
        int space = text.AsSpan().IndexOfAny(' ', '\t');
        interpreter = space < 0 ? text : text[..space];
        if (space >= 0) option = text[space..].Trim(' ', '\t');
        if (option is { Length: 0 }) option = null;
        return true;
    }

    private Errno Load(GuestTask task, RegularFile file, string path, List<string> words, IReadOnlyList<string> environment,
        out ExecutedProgram program)
    {
        GuestProcess process = task.Process;
        _asker = task;
        ExecutionRequest request = new()
        {
            Arguments = words,
            Environment = environment,
            Path = path,
            Identity = new(process.Credentials.User, process.Credentials.EffectiveUser, process.Credentials.Group,
                process.Credentials.EffectiveGroup),
            Layout = options.Layout,
            IsRandomized = options.IsRandomized && (process.Personality & NoRandomization) == 0,
            Files = this,
        };
        SharedMemory memory = process.Memory;
        if (memory.IsShared)
            memory = new SharedMemory(
                engine.CreateProcess(process.Threads[0].Name, new ProcessOptions { StackLimit = process.Limits[LimitTable.Stack].Soft }));
        process.Limits.ApplyTo(memory.Space);
        Errno error = _loader.Execute(memory.Core, ProgramImage.Of(file.Inode!.File), request, out program);
        if (error == Errno.None)
        {
            if (memory != process.Memory) process.Memory.Release();
            process.Memory = memory;
            memory.Program = program;
            memory.Barriers = 0;
            memory.Execute(file.Inode, inodes);
            return Errno.None;
        }

        if (memory != process.Memory) memory.Release();
        else if (memory.Core.HasExited) processes.EndGroup(task, (int)SignalNumber.Kill);
        return error;
    }

    private void Begin(GuestTask task, string where, string path, in ExecutedProgram program)
    {
        GuestProcess process = task.Process;
        processes.EndOthers(task);
        process.Memory.Space.IsPrivileged = process.Credentials.Can(Capability.LockMemory);
        process.Actions = process.Actions.Copy();
        process.Actions.ForgetHandlers();
        process.Descriptors = process.Descriptors.ForProgram();
        process.ExecutablePath = where;
        process.HasExecuted = true;
        string name = path[(path.LastIndexOf('/') + 1)..];
        task.Name = name.Length > NameLengthMax ? name[..NameLengthMax] : name;
        process.Timers.Clear();
        task.AlternateStack = AlternateStack.None;
        task.ClearChildId = VirtualAddress.Zero;
        task.RobustList = VirtualAddress.Zero;
        task.Context.Reset();
        task.Registers.Eip = program.Entry.Value;
        task.Registers.Esp = program.StackPointer.Value;
        processes.ReleaseVforkParent(task);
    }
}
