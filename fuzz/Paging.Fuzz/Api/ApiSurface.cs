using System.Collections.Frozen;
using System.Reflection;
using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Costs;
using Paging.Costs.Hardware;
using Paging.Guest;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Policies;
using Paging.Policies.Online;
using Paging.Processors.Emulation;
using Paging.Programs;
using Paging.Remote;
using Paging.Reports;
using Paging.Testing.Checks;
using Paging.Testing.Conformance;
using Paging.Traces;
using Paging.Windows;

namespace Paging.Fuzz;

/// <summary>Every member that an embedder can call: constructors, methods and accessors of the public types.</summary>
/// <remarks>
/// Generic members appear once for each type argument that fits. Left out: the methods of a replacement policy itself. They are a protocol
/// between the policy and its simulator or engine, which check what they hand over; a policy trusts its caller, because it is all that a
/// simulator does. And what <see cref="LeftOut"/> and <see cref="AssembliesLeftOut"/> name, each with its reason: a test fails if a
/// packed assembly is on neither list. Of Paging.Testing, Conformance is left out: it starts processes of the host.
/// </remarks>
internal static class ApiSurface
{
    private const int GenericChoiceMax = 4;

    private static readonly Assembly[] Assemblies =
    [
        typeof(VirtualAddress).Assembly, typeof(Errno).Assembly, typeof(IReplacementPolicy).Assembly, typeof(PagingEngine).Assembly,
        typeof(ProgramLoader).Assembly, typeof(ProcText).Assembly, typeof(WindowsMachine).Assembly,
        typeof(RemoteAddress).Assembly, typeof(PolicyCheck).Assembly, typeof(GuestProcessor).Assembly,
        typeof(GuestKernel).Assembly, typeof(ReplayCatalog).Assembly, typeof(CostLedger).Assembly,
    ];

    /// <summary>The packed assemblies whose members are not called, with the reason.</summary>
    public static readonly FrozenDictionary<string, string> AssembliesLeftOut = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["Paging"] = "has no code: it names the others",
        ["Paging.Cli"] = "is the command, whose public surface is its arguments",
        ["Paging.HostKernel"] = "starts processes of the host and traces them",
        ["Paging.ReferenceModel"] = "is the model that others are compared with; its calls are the dialect's, which its own tests make",
        ["Paging.Scripting"] = "reads texts, which target parser spoils",
        ["Paging.Testing.Xunit"] = "has one attribute, whose text is a pattern",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Members that are not called, by the beginning of their names.</summary>
    private static readonly (string Name, string Reason)[] LeftOut =
    [
        ("GuestKernel.", "runs programs of the host, with its files, descriptors and signals: Paging.Guest.Tests does that in directories"),
        ("RedisServer.Connect", "opens connections; without a server every other member of Paging.Remote gets null, and must refuse it"),
    ];

    private static readonly Type[] Arguments =
        [typeof(byte), typeof(int), typeof(long), typeof(LargeValue), typeof(LruPolicy), typeof(ArcPolicy), typeof(ApiPolicy),
        typeof(ApiSink), typeof(UniformTables)];

    /// <summary>The members, in an order that depends on their names only.</summary>
    public static ApiMember[] Members { get; } = [.. Find().OrderBy(static member => member.Name, StringComparer.Ordinal)];

    /// <summary>The types of each assembly that have members, in the same order.</summary>
    public static Type[][] Types { get; } =
        [.. Members.Select(static member => member.Type).Distinct().GroupBy(static type => Array.IndexOf(Assemblies, type.Assembly))
            .OrderBy(static group => group.Key).Select(static group => group.ToArray())];

    /// <summary>The names of the assemblies whose members are called.</summary>
    public static IEnumerable<string> AssemblyNames => Assemblies.Select(static assembly => assembly.GetName().Name!);

    /// <summary>The members of one of them.</summary>
    public static ApiMember[] MembersOf(string assembly) =>
        [.. Members.Where(member => string.Equals(member.Type.Assembly.GetName().Name, assembly, StringComparison.Ordinal))];

    /// <summary>True for members that make as many calls, or run as long, as they are asked to: a large number is no hang.</summary>
    public static bool IsTireless(ApiMember member) =>
        member.Type.Assembly == typeof(PolicyCheck).Assembly || member.Type == typeof(GuestProcessor) || member.Type == typeof(ExactRuns);

    /// <summary>True for a type of the assemblies under test.</summary>
    public static bool Has(Type type) => Array.IndexOf(Assemblies, type.Assembly) >= 0;

    private static IEnumerable<ApiMember> Find() =>
        from assembly in Assemblies
        from type in assembly.GetExportedTypes()
        where !type.IsEnum && !type.IsInterface && !type.IsByRefLike && !typeof(Delegate).IsAssignableFrom(type)
        where !typeof(IReplacementPolicy).IsAssignableFrom(type)
        where !string.Equals(type.Namespace, typeof(Adapter).Namespace, StringComparison.Ordinal)
        from closed in Close(type)
        from method in MethodsOf(closed)
        let member = new ApiMember(method)
        where !LeftOut.Any(left => member.Name.StartsWith(left.Name, StringComparison.Ordinal))
        select member;

    private static IEnumerable<MethodBase> MethodsOf(Type type)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        IEnumerable<MethodBase> methods = type.GetMethods(all).Where(static method => !method.IsAbstract).SelectMany(Close);
        if (!type.IsAbstract) methods = methods.Concat(type.GetConstructors());
        return methods.Where(static method =>
            (!method.IsDefined(typeof(CompilerGeneratedAttribute)) || method.IsSpecialName) && !IsInit(method));
    }

    // The compiler allows no one to set these on an existing object.
    private static bool IsInit(MethodBase method) =>
        method is MethodInfo { ReturnParameter: { } result } && result.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static IEnumerable<Type> Close(Type type) => !type.IsGenericTypeDefinition
        ? [type]
        : Arguments.Select(argument => Try(() => type.MakeGenericType(argument))).OfType<Type>().Take(GenericChoiceMax);

    private static IEnumerable<MethodInfo> Close(MethodInfo method)
    {
        if (!method.IsGenericMethodDefinition) return [method];
        int count = method.GetGenericArguments().Length;
        return Arguments.Select(argument => Try(() => method.MakeGenericMethod([.. Enumerable.Repeat(argument, count)])))
            .OfType<MethodInfo>().Take(GenericChoiceMax);
    }

    private static T? Try<T>(Func<T> make) where T : class
    {
        try
        {
            return make();
        }
        catch (ArgumentException)    // a constraint
        {
            return null;
        }
    }
}

/// <summary>A value that no page holds.</summary>
[InlineArray(5000)]
internal struct LargeValue
{
    private byte _first;
}
