using Paging.Core;
using Paging.Native;
using Paging.Programs;
using Paging.Reports;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>The loader of programs: an image is executed as its headers specify, or refused, and the old program is unchanged.</summary>
internal sealed class ElfSubject : IHostileSubject, IProgramFiles
{
    public static readonly string[] Outcomes = ["executed", "killed", .. Errors.Select(static error => error.ToString())];

    public static readonly string[] Tokens = ["\x7fELF", "\0", "/lib/ld.so\0", "/"];

    private const int AuditInterval = 16;
    private const int Executed = 0, Killed = 1, FirstError = 2;

    private readonly PagingEngine _engine;
    private readonly ProgramLoader _loader;
    private readonly FuzzRandom _random;
    private readonly byte[] _old, _interpreter;
    private readonly GuestFile _oldFile, _interpreterFile;
    private UserProcess _process;
    private int _count;

    public ElfSubject(FuzzRandom random)
    {
        _random = random;
        Sound = ElfSample.Make(random, isProgram: true);
        _old = ElfSample.Make(random, isProgram: false);
        _interpreter = ElfSample.Make(random, isProgram: false);
        _engine = new(new EngineOptions
        {
            RamBytes = 4 << 20,
            Seed = random.Next(),
            RequestHostHugePages = false,
            Overcommit = OvercommitMode.Always,
            AttachedSpacesMax = 2
        });
        _loader = new(_engine);
        _oldFile = FileOf("old", _old);
        _interpreterFile = FileOf("ld.so", _interpreter);
        _process = NewProcess();
    }

    /// <summary>Errors that the loader may return. Any other is a defect.</summary>
    private static Errno[] Errors =>
        [Errno.ENOEXEC, Errno.EINVAL, Errno.EPERM, Errno.ENOENT, Errno.EIO, Errno.ELIBBAD, Errno.E2BIG, Errno.ENOMEM, Errno.EEXIST,
        Errno.EFAULT];

    public byte[] Sound { get; }

    public string? Try(byte[] bytes, bool isSound, out int outcome)
    {
        outcome = Killed;
        if (_process.HasExited)
        {
            _process.Dispose();
            _process = NewProcess();
        }

        using GuestFile file = FileOf("hostile", bytes);
        ProgramImage image = ProgramImage.Of(file);
        string before = Picture();
        _ = ProgramSymbols.Read(image);
        if (_random.Percent(20) && TryLibrary(image, before) is { } wrong) return wrong;

        before = Picture();
        Errno error = _loader.Execute(_process, image, new() { Files = this, IsRandomized = _random.Percent(50) },
            out ExecutedProgram program);
        if (error == Errno.None) outcome = Executed;
        else if (!_process.HasExited) outcome = FirstError + Array.IndexOf(Errors, error);
        if (Array.IndexOf(Errors, error) < 0 && error != Errno.None) return $"an error that no loader gives: {error}";
        if (isSound && error != Errno.None) return $"a sound image was refused: {error}";
        bool isLate = error is Errno.EINVAL or Errno.EPERM or Errno.ENOMEM or Errno.EEXIST or Errno.EFAULT;    // of mapping a segment
        if (_process.HasExited && !isLate) return $"killed with {error}";
        if (error != Errno.None && !_process.HasExited && !string.Equals(before, Picture(), StringComparison.Ordinal))
            return $"refused with {error}, and the old program has changed";
        string? failure = error == Errno.None ? Inspect(bytes, program) : null;
        return failure ?? (++_count % AuditInterval == 0 ? AuditNow() : null);
    }

    public string? Finish()
    {
        _process.Dispose();
        _oldFile.Dispose();
        _interpreterFile.Dispose();
        AuditReport report = _engine.Audit();
        if (report.IsClean) report = _engine.FindLeaks();
        return report.IsClean ? null : report.ToString();
    }

    public Errno Find(string path, out ProgramImage? image)
    {
        image = string.Equals(path, ElfSample.InterpreterPath, StringComparison.Ordinal) ? ProgramImage.Of(_interpreterFile) : null;
        return image is null ? Errno.ENOENT : Errno.None;
    }

    public void Dispose() => _engine.Dispose();

    private string? Inspect(byte[] bytes, in ExecutedProgram program)
    {
        if (ElfContents.Compare(bytes, _process, program.Bias, _random) is { } wrong) return wrong;
        if (!_process.Memory.Mmu.TryRead(program.StackPointer, out uint argumentCount) || argumentCount != 1)
            return $"argc is {argumentCount}";
        if (_process.Memory.Break.Page.Address.Value != program.HeapStart.Value)
            return $"the break is at {_process.Memory.Break}, the heap at {program.HeapStart}";
        return program.Interpreter.Value == 0 ? null : ElfContents.Compare(_interpreter, _process, program.Interpreter.Value, _random);
    }

    private string? TryLibrary(ProgramImage image, string before)
    {
        Errno error = _loader.MapLibrary(_process, image, out LoadedLibrary library);
        if (error != Errno.None)
            return string.Equals(before, Picture(), StringComparison.Ordinal)
            ? null : $"a library was refused with {error}, and something of it stays mapped";
        return _process.Memory.Unmap(library.Range.First.Address, (uint)library.Range.Count.Bytes) == Errno.None
            ? null : "a library cannot be unmapped";
    }

    /// <summary>The state that a program can see of itself, but for its bytes; and a few of these.</summary>
    private string Picture()
    {
        AddressSpace memory = _process.Memory;
        memory.Mmu.TryRead(memory.Areas.Snapshot() is [{ } first, ..] ? first.Range.First.Address : default, out uint word);
        return $"{word:x8}\n{memory.FormatMaps()}{memory.Break}";
    }

    private string? AuditNow() => _engine.Audit() is { IsClean: false } report ? report.ToString() : null;

    private GuestFile FileOf(string name, byte[] bytes)
    {
        GuestFile file = _engine.Files.CreateMemoryFile(name);
        file.Write(0, bytes, out _);
        return file;
    }

    private UserProcess NewProcess()
    {
        UserProcess process = _engine.CreateProcess("victim");
        _loader.Execute(process, ProgramImage.Of(_oldFile), new() { Files = this }, out _);
        return process;
    }
}
