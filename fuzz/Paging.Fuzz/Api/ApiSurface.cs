using System.Reflection;
using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Native;
using Paging.Policies;
using Paging.Programs;
using Paging.Reports;

namespace Paging.Fuzz;

/// <summary>Every member that an embedder can call: constructors, methods and accessors of the public types.</summary>
/// <remarks>
/// Generic members appear once for each type argument that fits. Left out: the methods of a replacement policy itself. They are a protocol
/// between the policy and its simulator or engine, which check what they hand over; a policy trusts its caller, because it is all that a
/// simulator does.
/// </remarks>
internal static class ApiSurface
{
    private const int GenericChoiceMax = 4;

    private static readonly Assembly[] Assemblies =
    [
        typeof(VirtualAddress).Assembly, typeof(Errno).Assembly, typeof(IReplacementPolicy).Assembly, typeof(PagingEngine).Assembly,
        typeof(ProgramLoader).Assembly, typeof(ProcText).Assembly,
    ];

    private static readonly Type[] Arguments =
        [typeof(byte), typeof(int), typeof(long), typeof(LargeValue), typeof(LruPolicy), typeof(ArcPolicy), typeof(ApiPolicy),
        typeof(ApiSink)];

    /// <summary>The members, in an order that depends on their names only.</summary>
    public static ApiMember[] Members { get; } = [.. Find().OrderBy(static member => member.Name, StringComparer.Ordinal)];

    /// <summary>True for a type of the assemblies under test.</summary>
    public static bool Has(Type type) => Array.IndexOf(Assemblies, type.Assembly) >= 0;

    private static IEnumerable<ApiMember> Find() =>
        from assembly in Assemblies
        from type in assembly.GetExportedTypes()
        where !type.IsEnum && !type.IsInterface && !type.IsByRefLike && !typeof(Delegate).IsAssignableFrom(type)
        where !typeof(IReplacementPolicy).IsAssignableFrom(type)
        from closed in Close(type)
        from method in MethodsOf(closed)
        select new ApiMember(method);

    private static IEnumerable<MethodBase> MethodsOf(Type type)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        IEnumerable<MethodBase> methods = type.GetMethods(all).Where(static method => !method.IsAbstract).SelectMany(Close);
        if (!type.IsAbstract) methods = methods.Concat(type.GetConstructors());
        return methods.Where(static method =>
            (!method.IsDefined(typeof(CompilerGeneratedAttribute)) || method.IsSpecialName) && !IsInit(method));
    }

    // The compiler lets nobody set these on an object that exists.
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
