using System.Diagnostics;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Costs;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.Processors;
using Paging.Processors.Emulation;
using Paging.Testing.Generating;
using Paging.Testing.Randomness;
using Paging.Windows;

namespace Paging.Fuzz;

/// <summary>One call of a sequence: which member, and the chance from which its arguments are drawn.</summary>
internal readonly record struct ApiCall(ApiMember Member, ulong Seed);

/// <summary>Two engines, objects of theirs, and a sequence of calls on all of them.</summary>
internal sealed class ApiRun : IDisposable
{
    private const int PoolMax = 200, EngineMax = 5;
    private const ulong DamageSeed = 0xDA3A_6E00;

    private static readonly HashSet<string> RawWriters = new(StringComparer.Ordinal)
    {
        "Mmu.TryWriteAsSupervisor", "PhysicalMemory.Clear", "PhysicalMemory.ClearAhead", "PhysicalMemory.Copy",
        "PhysicalMemory.Fill", "Walker.Walk", "PhysicalMemory.Words", "PhysicalMemory.Bytes",
    };

    private readonly HashSet<string> _called = new(StringComparer.Ordinal);
    private readonly List<object> _pool = [];
    private readonly List<PagingEngine> _engines = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-api-").FullName;
    private readonly bool _mayWriteRaw;
    private bool _hasWrittenRaw;

    public ApiRun(ulong seed)
    {
        FuzzRandom random = new(seed);
        _mayWriteRaw = random.Percent(30);
        for (int i = 0; i < 2; i++) Begin(random);
    }

    /// <summary>The names of the members that were called: others had no object.</summary>
    public IReadOnlySet<string> Called => _called;

    /// <summary>Receives each call with its arguments; null when calls are not printed.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>The sequence of a seed. It does not depend on the results of the calls.</summary>
    public static List<ApiCall> Script(ulong seed, int count)
    {
        FuzzRandom random = new(seed);
        ILookup<Type, ApiMember> byType = ApiSurface.Members.ToLookup(static member => member.Type);
        Type[] often =
            [typeof(AddressSpace), typeof(Mmu), typeof(UserProcess), typeof(PagingEngine), typeof(GuestFile), typeof(OpenFileDescription)];
        Type[] core = [.. byType.Select(static group => group.Key).Where(static type => type.Assembly == typeof(PagingEngine).Assembly)];
        Type[] special = random.OneOf<Type[]>(ApiSurface.Types);    // half of the sequences look at one library, on a living engine
        int corePercent = random.Percent(50) ? 85 : 30, specialPercent = 90;
        List<ApiCall> script = new(count);
        while (script.Count < count)
        {
            bool isCore = random.Percent(corePercent), isSpecial = random.Percent(specialPercent);
            Type[] choice = isCore ? random.Percent(30) ? often : core : isSpecial ? special : random.OneOf<Type[]>(ApiSurface.Types);
            Type type = random.OneOf<Type>(choice);
            ApiMember[] members = [.. byType[type]];
            ApiMember member = random.OneOf<ApiMember>(members);
            bool ends = member.Name.Contains(".Dispose(", StringComparison.Ordinal)
                || member.Name.Contains(".Exit(", StringComparison.Ordinal);
            if (!ends || random.Percent(15)) script.Add(new(member, random.Next()));
        }

        return script;
    }

    /// <summary>Every member of an assembly, a number of times, each time in another order; what makes objects comes first.</summary>
    public static List<ApiCall> Sweep(string assembly, ulong seed, int rounds)
    {
        FuzzRandom random = new(seed);
        ApiMember[] members = ApiSurface.MembersOf(assembly);
        List<ApiCall> script = [];
        for (int round = 0; round < rounds; round++)
        {
            IEnumerable<ApiMember> order = members.Select(member => (Member: member, Place: random.Next())).OrderBy(static one => one.Place)
                .Select(static one => one.Member).OrderBy(static member => member.NeedsObject);
            script.AddRange(order.Select(member => new ApiCall(member, random.Next())));
        }

        return script;
    }

    /// <summary>Makes one call. Returns the defect that it shows; null for a result or a standard exception.</summary>
    public string? Execute(in ApiCall call)
    {
        FuzzRandom random = new(call.Seed);
        ApiMember member = call.Member;
        if (_mayWriteRaw && Damage(call) is { } broken) return broken;
        bool isRaw = RawWriters.Contains(member.Name[..member.Name.IndexOfAny(['(', '<'])]);
        if (isRaw && !_mayWriteRaw) return null;
        ApiValues values = new(random, _pool, CallBack, _directory);
        try
        {
            object? target = member.NeedsObject ? values.FromPool(member.Type) : null;
            if (member is { NeedsObject: true, Type.IsValueType: true }) target ??= values.Make(member.Type, "");
            if (member.NeedsObject && target is null) return null;
            object?[] arguments = [.. member.Parameters.Select(one => ArgumentOf(values, one))];
            if (ApiSurface.IsTireless(member)) Shorten(arguments);
            if (member.Type == typeof(PagingEngine) && !member.NeedsObject && _engines.Count >= EngineMax) return null;
            _hasWrittenRaw |= isRaw;
            _called.Add(member.Name);
            Trace?.Invoke($"{member.Name} on {Text(target)} with {string.Join(", ", arguments.Select(Text))}");
            object? result = random.Percent(2) ? OnAnotherThread(() => member.Call(target, arguments)) : member.Call(target, arguments);
            if (isRaw && target is PhysicalMemory ram) ApiDamage.WriteRaw(random, ram);
            Keep(result);
            foreach (object? argument in arguments) Keep(argument);
            return null;
        }
        catch (Exception exception)
        {
            Trace?.Invoke($"  {exception.GetType().Name}: {exception.Message}");
            Exception thrown = exception is TargetInvocationException { InnerException: { } inner } ? inner : exception;
            bool isReport = member.Type == typeof(AuditReport) && thrown is InvariantException;    // the host has added the finding
            string? wrong = isReport ? null : FindDefect(thrown);
            return wrong is null ? null : $"{member.Name}: {wrong}";
        }
    }

    /// <summary>Before some calls, page tables get wild words, and everything that walks them is called.</summary>
    private string? Damage(in ApiCall call)
    {
        FuzzRandom random = new(call.Seed ^ DamageSeed);
        if (_engines.Count == 0 || !random.Percent(10)) return null;
        PagingEngine engine = random.OneOf<PagingEngine>([.. _engines]);
        ApiDamage damage = new(random);
        foreach (Action<PagingEngine> step in (Action<PagingEngine>[])[damage.Spoil, damage.WalkEverything])
        {
            try
            {
                _hasWrittenRaw = true;
                Trace?.Invoke($"{step.Method.Name} on engine {_engines.IndexOf(engine)}");
                step(engine);
            }
            catch (Exception exception)
            {
                Trace?.Invoke($"  {exception.GetType().Name}: {exception.Message}");
                if (FindDefect(exception) is { } wrong) return $"{step.Method.Name}: {wrong}";
            }
        }

        return null;
    }

    /// <summary>Audits what can be audited. Null when all rules hold.</summary>
    public string? Verify()
    {
        foreach (PagingEngine engine in _engines)
        {
            for (int round = 0; round < 3; round++)
            {
                try
                {
                    engine.BindToCurrentThread();
                    AuditReport report = engine.Audit();
                    if (!report.IsClean && !_hasWrittenRaw) return $"audit: {report}";
                    break;
                }
                catch (ObjectDisposedException)
                {
                    break;
                }
                catch (Exception exception)    // of a callback: it was waiting
                {
                    if (FindDefect(exception) is { } wrong) return wrong;
                }
            }
        }

        return null;
    }

    /// <summary>Ends every engine.</summary>
    public string? Finish()
    {
        string? wrong = Verify();
        foreach (PagingEngine engine in _engines)
        {
            try
            {
                engine.BindToCurrentThread();
                engine.Dispose();
            }
            catch (Exception exception)
            {
                wrong ??= FindDefect(exception);
            }
        }

        foreach (object one in _pool)
        {
            if (one is PhysicalMemory or FileSwapStore or MemorySwapStore or GuestProcessor) Quietly(((IDisposable)one).Dispose);
        }

        return wrong;
    }

    public void Dispose() => Quietly(() => Directory.Delete(_directory, recursive: true));

    private static void Quietly(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException or ArgumentException)
        {
            // what belongs to an engine, or is gone
        }
    }

    /// <summary>Limits counts of calls and milliseconds, so that the next call comes soon.</summary>
    private static void Shorten(object?[] arguments)
    {
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = arguments[i] switch
            {
                int number => number % 16,
                long number => (number & 0xFFFF) + 1,
                TimeSpan => TimeSpan.FromMilliseconds(1),
                { } other => other,
                null => null,
            };
        }
    }

    /// <summary>An exception that the boundary may throw is none; anything else is a finding.</summary>
    private string? FindDefect(Exception exception) => exception switch
    {
        CheckFailedException => null,    // the host's own storage, policy or machine has failed a check of Paging.Testing
        CallbackException or ArgumentException or NotSupportedException or FormatException => null,
        PageFaultException or IOException or UnauthorizedAccessException => null,
        InvalidDataException => null,    // a stream that holds no saved process
        InvariantException => _hasWrittenRaw ? null : Describe(exception),
        ObjectDisposedException => null,
        InvalidOperationException => IsThrownByUs(exception) ? null : Describe(exception),
        _ => Describe(exception),
    };

    /// <summary>Thrown by a line of ours, with a message of ours: not by a list or a LINQ query that we have used wrongly.</summary>
    private static bool IsThrownByUs(Exception exception) =>    // one that waited for the end of an operation begins in its keeper
        new StackTrace(exception).GetFrames().Select(static frame => frame.GetMethod()?.DeclaringType)
            .FirstOrDefault(static type => type != typeof(ExceptionDispatchInfo)) is not { } type    // the stub, with our line inlined
            || ApiSurface.Has(type) || type.Assembly == typeof(ApiRun).Assembly;

    private static string Describe(Exception exception)
    {
        string[] frames = (exception.StackTrace ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return $"{exception.GetType().Name}: {exception.Message.ReplaceLineEndings(" ")} {string.Join(" < ", frames.Take(4))}";
    }

    private static object? ArgumentOf(ApiValues values, ParameterInfo parameter)
    {
        Type type = parameter.ParameterType;
        if (!type.IsByRef) return values.Make(type, parameter.Name ?? "");
        Type value = type.GetElementType()!;
        if (!parameter.IsOut) return values.Make(value, parameter.Name ?? "");
        if (value.IsByRefLike) return Array.CreateInstance(value.GetGenericArguments()[0], 0);
        return value.IsValueType ? Activator.CreateInstance(value) : null;
    }

    private static object? OnAnotherThread(Func<object?> call)
    {
        object? result = null;
        Exception? thrown = null;
        Thread thread = new(() =>
        {
            try
            {
                result = call();
            }
            catch (Exception exception)
            {
                thrown = exception;
            }
        });
        thread.Start();
        thread.Join();
        return thrown is null ? result : throw thrown;
    }

    private static string Text(object? value)
    {
        try
        {
            string text = value switch
            {
                null => "null",
                Array array => $"{array.GetType().GetElementType()!.Name}[{array.Length}]",
                string quoted => $"'{quoted}'",
                { } other when other.GetType().IsValueType => $"{other}",
                { } other => other.GetType().Name,
            };
            return (text.Length <= 60 ? text : text[..60]).ReplaceLineEndings(" ");
        }
        catch (Exception exception)
        {
            return exception.GetType().Name;
        }
    }

    /// <summary>An engine of a MiB or two, with a process that has touched some pages, a file, and a swap device.</summary>
    private void Begin(FuzzRandom random)
    {
        EngineOptions options = new()
        {
            RamBytes = (ulong)random.Between(1, 2) << 20,
            RequestHostHugePages = false,
            AttachedSpacesMax = 2,
            LendTablesFrom = 1,
            Overcommit = (OvercommitMode)random.Below(2),
        };
        if (_mayWriteRaw) options = ApiDamage.WithHuge(options, random);
        PagingEngine engine = new(options);
        Keep(engine);
        UserProcess process = engine.CreateProcess("first");
        Keep(process);
        process.Memory.Map(new(0x2000_0000), 64 << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _);
        for (uint page = 0; page < 32; page++) process.Memory.Mmu.Write(new(0x2000_0000 + (page << 12)), page);
        if (_mayWriteRaw) ApiDamage.BeginHuge(process);
        if (random.Percent(30)) BeginWindows(engine);
        if (random.Percent(30)) BeginCosts(engine);
        if (random.Percent(4)) BeginGuest(engine, process);    // a processor takes longer to make than a sequence to run
        GuestFile file = engine.Files.CreateMemoryFile("file", 20_000);
        Keep(file);
        file.Open(process, FileRights.ReadWrite, out _);
        if (random.Percent(50)) BeginTrouble(engine, process, random);
        if (!random.Percent(50)) return;
        engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out SwapDevice? device);
        Keep(device);
    }

    /// <summary>A file whose backing misbehaves, mapped, a group, and a swap device that misbehaves.</summary>
    private void BeginTrouble(PagingEngine engine, UserProcess process, FuzzRandom random)
    {
        try
        {
            GuestFile trouble = engine.Files.CreateFile("trouble", new ApiBacking(new(new(random.Next()), CallBack), 16 << 12));
            Keep(trouble);
            trouble.Open(process, FileRights.ReadWrite, out int descriptor);
            const MapFlags Flags = MapFlags.Shared | MapFlags.Fixed;
            process.Memory.Map(new(0x2004_0000), 16 << 12, MemoryProtection.ReadWrite, Flags, descriptor, 0, out _);
            engine.Groups.Create(new() { Name = "group" }, out MemoryGroup? group);
            Keep(group);
            if (!random.Percent(30)) return;
            engine.Swap.SwitchOn(new ApiStore(new(new(random.Next()), CallBack), 200), out SwapDevice? device);
            Keep(device);
        }
        catch (Exception exception) when (FindDefect(exception) is null)
        {
            // A callback has thrown.
        }
    }

    private void BeginWindows(PagingEngine engine)
    {
        WindowsMachine machine = WindowsMachine.Of(engine);
        Keep(machine);
        WindowsProcess process = machine.CreateProcess("second");
        Keep(process);
        process.Memory.VirtualAlloc(new(0x2000_0000), 64 << 12, AllocationTypes.Reserve | AllocationTypes.Commit, PageProtection.ReadWrite,
            out _);
        for (uint page = 0; page < 16; page++) process.Access.TryWrite(new(0x2000_0000 + (page << 12)), page, out _);
    }

    private void BeginCosts(PagingEngine engine)
    {
        PriceList list = PriceList.Find("desktop-2009")!;
        foreach (object one in (object[])[list, list.Files, list.Translation, new CostLedger(engine, list, 2)]) Keep(one);
    }

    private void BeginGuest(PagingEngine engine, UserProcess process)
    {
        if (!GuestProcessor.IsAvailable(out _) || TryMake(engine) is not { } processor) return;
        Keep(processor);
        GuestContext context = processor.CreateContext();
        Keep(context);
        context.Registers.Eip = 0x2000_0000;
        process.Memory.Mmu.Write(new(0x2000_0000), 0xFEEB_4190u);    // nop; inc ecx; jmp to itself
        processor.Switch(process, context);
    }

    /// <summary>Null: the processor's tables find no room in the first 4 MiB, which huge pages may have taken.</summary>
    private GuestProcessor? TryMake(PagingEngine engine)
    {
        try
        {
            return new(engine);
        }
        catch (InvalidOperationException exception) when (FindDefect(exception) is null)
        {
            return null;
        }
    }

    private void Keep(object? value)
    {
        if (value is null || !ApiSurface.Has(value.GetType()) || value.GetType().IsEnum) return;
        if (value is PagingEngine engine && !_engines.Contains(engine)) _engines.Add(engine);
        if (value is UserProcess process) Keep(process.Memory, process.FileDescriptors);
        if (value is WindowsProcess windows) Keep(windows);
        if (_pool.Contains(value)) return;
        if (_pool.Count < PoolMax) _pool.Add(value);
        else _pool[_pool.Count / 2] = value;
    }

    private void Keep(AddressSpace memory, ProcessDescriptors files)
    {
        Keep(memory);
        Keep(files);
        Keep(memory.Mmu);
    }

    private void Keep(WindowsProcess process)
    {
        Keep(process.Memory);
        Keep(process.Native);
        Keep(process.Sections);
        Keep(process.Access);
        Keep(process.WorkingSet);
        Keep(process.Mmu);
    }

    /// <summary>The call that a callback makes: it must be refused, so any call will do.</summary>
    private void CallBack()
    {
        foreach (PagingEngine engine in _engines.ToArray())
        {
            engine.Files.SynchronizeAll();
            engine.RunBackground(10);
        }
    }
}
