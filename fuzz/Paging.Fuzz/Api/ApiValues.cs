using System.Collections;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Policies;
using Paging.ReferenceModel;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>Arguments of every type that the public surface has: plausible ones, the ends of their ranges, and nonsense.</summary>
/// <param name="random">Chance.</param>
/// <param name="pool">Objects that earlier calls have returned.</param>
/// <param name="callBack">The call that a callback makes, from inside.</param>
/// <param name="directory">The only place where files may be made.</param>
internal sealed class ApiValues(FuzzRandom random, List<object> pool, Action callBack, string directory)
{
    private const int DepthMax = 3;

    private static readonly long[] Ends =
    [
        0, 1, 2, 3, 7, 16, 100, 255, 256, 512, 1023, 1024, 4095, 4096, 4097, 8192, 0xFFFF, 0x10000, 0xF_FFFF, 0x10_0000, 0x10_0001,
        0xBFFF_F000, 0xC000_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_F000, 0xFFFF_FFFF, 0x1_0000_0000, -1, -2, -4096,
        long.MaxValue, long.MinValue,
    ];

    /// <summary>A value of a type; <paramref name="name"/> is the parameter's.</summary>
    public object? Make(Type type, string name, int depth = 0)
    {
        if (type.IsByRefLike) return MakeArray(type.GetGenericArguments()[0]);
        if (typeof(ITuple).IsAssignableFrom(type)) return MakeTuple(type, depth);
        if (Nullable.GetUnderlyingType(type) is { } inner) return random.Percent(40) ? null : Make(inner, name, depth);
        if (type.IsEnum) return MakeEnum(type);
        if (type.IsPrimitive) return MakeNumber(type);
        if (type == typeof(string)) return MakeText(name);
        if (MakeWord(type) is { } word) return word;
        if (random.Percent(3) && !type.IsValueType) return null;
        if (random.Percent(85) && FromPool(type) is { } known) return known;
        return MakeHostObject(type) ?? MakeObject(type, depth) ?? (type.IsValueType ? Activator.CreateInstance(type) : FromPool(type));
    }

    /// <summary>An object of a type that an earlier call has returned; null if there is none.</summary>
    public object? FromPool(Type type)
    {
        int start = random.Below(Math.Max(1, pool.Count));
        for (int i = 0; i < pool.Count; i++)
        {
            object candidate = pool[(start + i) % pool.Count];
            if (type.IsInstanceOfType(candidate)) return candidate;
        }

        return null;
    }

    /// <summary>A number, as large as it may be.</summary>
    public long Number() => random.Below(10) switch
    {
        < 4 => random.Skewed(64) - 1,
        < 8 => random.OneOf(Ends) + (random.Percent(20) ? random.Between(-2, 2) : 0),
        8 => (long)(uint)random.Next(),
        _ => (long)random.Next(),
    };

    private uint Page() => random.Percent(85) ? 0x2_0000 + (uint)random.Below(64) : (uint)Number();

    private object? MakeWord(Type type)
    {
        if (type == typeof(VirtualAddress))
        {
            uint offset = random.Percent(80) ? 0 : random.Below(4096u);
            return new VirtualAddress(random.Percent(85) ? (Page() << 12) + offset : (uint)Number());
        }

        if (type == typeof(PageNumber)) return new PageNumber(Page());
        if (type == typeof(PageCount)) return new PageCount((uint)Number());
        if (type == typeof(PageRange)) return new PageRange(new(Page()), new((uint)Number()));
        if (type == typeof(FrameNumber)) return new FrameNumber(random.Percent(80) ? random.Below(600u) : (uint)Number());
        if (type == typeof(FrameCount)) return new FrameCount(random.Percent(60) ? random.Below(400u) : (uint)Number());
        if (type == typeof(PhysicalAddress)) return new PhysicalAddress((uint)Number());
        if (type == typeof(Memory<byte>)) return new Memory<byte>((byte[])MakeArray(typeof(byte)));
        if (type == typeof(ReadOnlyMemory<byte>)) return new ReadOnlyMemory<byte>((byte[])MakeArray(typeof(byte)));
        if (type == typeof(TimeSpan)) return new TimeSpan(Number());
        return null;
    }

    private object MakeEnum(Type type)
    {
        Array values = Enum.GetValues(type);
        long value = BitsOf(values.GetValue(random.Below(values.Length))!);
        if (type == typeof(MapFlags) && random.Percent(80))
            value = (value & ~3L) | (long)MapFlags.Anonymous | (random.Percent(70) ? 2L : 1L);
        else if (type == typeof(MemoryProtection) && random.Percent(60)) value = (long)MemoryProtection.ReadWrite;
        else if (random.Percent(30)) value |= BitsOf(values.GetValue(random.Below(values.Length))!);
        if (random.Percent(8)) value = Number();
        return Enum.ToObject(type, value);
    }

    private static long BitsOf(object value) =>
        Enum.GetUnderlyingType(value.GetType()) == typeof(ulong) ? (long)(ulong)value : Convert.ToInt64(value, null);

    private object MakeNumber(Type type)
    {
        long value = Number();
        if (type == typeof(bool)) return (value & 1) != 0;
        if (type == typeof(double)) return (double)value;
        if (type == typeof(float)) return (float)value;
        if (type == typeof(char)) return (char)value;
        if (type == typeof(nint)) return (nint)value;
        if (type == typeof(nuint)) return (nuint)(ulong)value;
        byte[] bits = BitConverter.GetBytes(value);
        return Type.GetTypeCode(type) switch
        {
            TypeCode.Byte => bits[0],
            TypeCode.SByte => (sbyte)bits[0],
            TypeCode.Int16 => (short)value,
            TypeCode.UInt16 => (ushort)value,
            TypeCode.Int32 => (int)value,
            TypeCode.UInt32 => (uint)value,
            TypeCode.UInt64 => (ulong)value,
            _ => value,
        };
    }

    private string? MakeText(string name)
    {
        if (name.Contains("path", StringComparison.OrdinalIgnoreCase) || name is "file")
            return random.Percent(5) ? null : Path.Combine(directory, random.OneOf(["a", "b", "c", "no/such", ""]));
        return random.Below(8) switch
        {
            0 => null,
            1 => "",
            2 => new string('x', 5000),
            3 => "\0\n\u2028/..",
            4 => $"{Number():x}",
            _ => random.OneOf(["first", "0x20000000", "lru", "g", "x8"]),
        };
    }

    private object? MakeTuple(Type type, int depth) => depth >= DepthMax + 1
        ? Activator.CreateInstance(type)
        : Activator.CreateInstance(type, [.. type.GetGenericArguments().Select(one => Make(one, "", DepthMax + 1))]);

    private Array MakeArray(Type item)
    {
        Array array = Array.CreateInstance(item, random.OneOf([0, 1, 3, 16, 100, 4096, 10_000]));
        if (array is byte[] bytes) bytes.AsSpan().Fill((byte)random.Next());
        if (array is char[] letters) letters.AsSpan().Fill('1');
        return array;
    }

    /// <summary>Objects that an embedder supplies.</summary>
    private object? MakeHostObject(Type type)
    {
        if (type.IsAssignableFrom(typeof(ApiBacking)))
            return new ApiBacking(Mischief(), random.OneOf([0L, 1, 5000, 40_960, -1, long.MaxValue]));
        if (type.IsAssignableFrom(typeof(ApiStore)))
            return new ApiStore(Mischief(), random.OneOf<uint>([0, 1, 16, 256, 5000, uint.MaxValue]));
        if (type == typeof(ReclaimPolicy))
        {
            ApiMischief mischief = Mischief();
            return ReclaimPolicy.Of(_ => new ApiPolicy(mischief), (AccessInformation)random.Below(2));
        }

        // A policy that was not created, all zeros, may throw anything: see ApiSurface.
        if (type.IsValueType && typeof(IReplacementPolicy).IsAssignableFrom(type))
            return type.GetMethod("Create", [typeof(int), typeof(int)])?.Invoke(null, [1 + random.Below(64), 0]);
        if (type == typeof(Stream)) return new MemoryStream((byte[])MakeArray(typeof(byte)));
        if (type == typeof(StringBuilder)) return new StringBuilder();
        if (type == typeof(Action)) return static () => { };
        if (type == typeof(IScenarioMachine)) return new ReferenceMachine();
        if (type == typeof(Action<WatchedAccess>))
        {
            ApiMischief mischief = Mischief();
            return (Action<WatchedAccess>)(_ => mischief.Act());
        }

        if (type == typeof(Action<ReadOnlySpan<byte>>))
        {
            ApiMischief mischief = Mischief();
            return (Action<ReadOnlySpan<byte>>)(_ => mischief.Act());
        }

        if (type == typeof(ImagePageReader))
        {
            ApiMischief mischief = Mischief();
            return (ImagePageReader)((page, bytes) =>
            {
                if (page.Value % 64 != 0) return false;    // an area may have gigabytes
                bytes.Fill((byte)(page.Value >> 6));
                return mischief.Act() == Errno.None;    // not always the same twice
            });
        }

        if (type.IsArray) return MakeArray(type.GetElementType()!);
        if (typeof(Delegate).IsAssignableFrom(type)) return MakeDelegate(type);
        bool isList = type is { IsGenericType: true, IsInterface: true } && typeof(IEnumerable).IsAssignableFrom(type);
        return isList ? MakeList(type.GetGenericArguments()[0]) : null;
    }

    /// <summary>A callback of the host: it misbehaves, or returns any value of the requested type.</summary>
    private Delegate? MakeDelegate(Type type)
    {
        if (type.GetMethod("Invoke") is not { } invoke || invoke.GetParameters().Any(static one => one.ParameterType.IsByRef)) return null;
        // Not for a function that returns a policy that was not created: its exceptions are the policy's own.
        if (typeof(IReplacementPolicy).IsAssignableFrom(invoke.ReturnType)) return null;
        ApiMischief mischief = Mischief();
        Type returned = invoke.ReturnType == typeof(void) ? typeof(object) : invoke.ReturnType;
        Func<object?> answer = () =>
        {
            mischief.Act();
            return Make(returned, "", DepthMax);
        };
        IEnumerable<ParameterExpression> parameters =
            [.. invoke.GetParameters().Select(static one => Expression.Parameter(one.ParameterType))];
        Expression body = Expression.Invoke(Expression.Constant(answer));
        if (invoke.ReturnType != typeof(void)) body = Expression.Convert(body, invoke.ReturnType);
        return Expression.Lambda(type, body, parameters).Compile(preferInterpretation: true);
    }

    private Array MakeList(Type item)
    {
        Array list = Array.CreateInstance(item, random.Below(4));
        for (int i = 0; i < list.Length; i++)
        {
            if (Make(item, "", DepthMax) is { } value) list.SetValue(value, i);
        }

        return list;
    }

    private ApiMischief Mischief() => new(new(random.Next()), callBack);

    private object? MakeObject(Type type, int depth)
    {
        // The constructor of a delegate takes the address of code as a number: no caller in C# can make a wrong one.
        if (!ApiSurface.Has(type) || type.IsAbstract || typeof(Delegate).IsAssignableFrom(type) || depth >= DepthMax) return null;
        ConstructorInfo[] constructors = type.GetConstructors();
        if (constructors.Length == 0) return null;
        ConstructorInfo constructor = constructors[random.Below(constructors.Length)];
        ParameterInfo[] parameters = constructor.GetParameters();
        if (parameters.Any(static one => one.ParameterType.IsByRefLike || one.ParameterType.IsByRef)) return null;
        object made = constructor.Invoke([.. parameters.Select(one => Make(one.ParameterType, one.Name ?? "", depth + 1))]);
        foreach (PropertyInfo property in type.GetProperties())
        {
            if (property.SetMethod is not { IsPublic: true, IsStatic: false } || !random.Percent(15)) continue;
            property.SetValue(made, Make(property.PropertyType, property.Name, depth + 1));
        }

        if (made is EngineOptions { AllowThreads: true } shared) made = shared with { AllowThreads = false };    // target threads does that
        if (made is EngineOptions { RamBytes: > 8 << 20 } options && random.Percent(95)) made = options with { RamBytes = 1 << 20 };
        return made;
    }
}
