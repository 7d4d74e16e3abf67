using System.Collections.Immutable;
using System.Linq.Expressions;
using System.Reflection;
using Paging.Core.Reclaim;
using Paging.Core.Swap;

namespace Paging.Core.Tests;

/// <summary>A public member of a type that can be called with harmless arguments, spans among them.</summary>
/// <remarks>Compiled, because reflection can neither pass nor return spans. Type arguments are <see cref="int"/>.</remarks>
internal sealed class PublicCall
{
    private const int SpanBytes = 4096;

    private readonly MethodInfo _method;

    private PublicCall(Type type, MethodInfo method)
    {
        Type = type;
        bool isSetter = method.IsSpecialName && method.Name.StartsWith("set_", StringComparison.Ordinal);
        Name = $"{type.Name}.{(method.IsSpecialName ? method.Name[4..] : method.Name)}{(isSetter ? "=" : "")}";
        _method = !method.IsGenericMethodDefinition ? method
            : method.MakeGenericMethod([.. method.GetGenericArguments().Select(static _ => typeof(int))]);
    }

    /// <summary>The type that declares the member.</summary>
    public Type Type { get; }

    /// <summary>The name of the type and of the member; overloads share it. A setter's ends with "=".</summary>
    public string Name { get; }

    public static ImmutableArray<PublicCall> Of(Type type) =>
    [
        .. type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Select(method => new PublicCall(type, method)),
    ];

    /// <summary>Returns the call of one object's member.</summary>
    public Action On(object target, World world)
    {
        List<ParameterExpression> locals = [];
        List<Expression> arguments = [];
        foreach (ParameterInfo one in _method.GetParameters()) arguments.Add(ArgumentOf(one, world, locals));
        Expression self = Expression.Constant(target, Type);
        Expression call = Expression.Call(self, _method, arguments);
        return Expression.Lambda<Action>(Expression.Block(typeof(void), locals, call)).Compile();
    }

    private static Expression ArgumentOf(ParameterInfo parameter, World world, List<ParameterExpression> locals)
    {
        Type type = parameter.ParameterType;
        if (type.IsByRef)
        {
            locals.Add(Expression.Variable(type.GetElementType()!));
            return locals[^1];
        }

        if (!type.IsByRefLike) return Expression.Constant(ValueOf(type, world), type);
        Type element = type.GetGenericArguments()[0];
        object bytes = Array.CreateInstance(element, SpanBytes / (element == typeof(ulong) ? sizeof(ulong) : 1));
        return Expression.New(type.GetConstructor([bytes.GetType()])!, Expression.Constant(bytes));
    }

    private static object? ValueOf(Type type, World world) => type switch
    {
        _ when type == typeof(string) => "x",
        _ when type == typeof(int) => 1,
        _ when type == typeof(uint) => 1u,
        _ when type == typeof(FileAccess) => FileAccess.Read,
        _ when type == typeof(ProcessOptions) => ProcessOptions.Default,
        _ when type == typeof(MemoryGroupOptions) => new MemoryGroupOptions(),
        _ when type == typeof(MemoryGroup) => world.First.Group,
        _ when type == typeof(SwapDevice) => SomeDevice(),
        _ when type == typeof(ISwapStore) => new MemorySwapStore(1 << 20),
        _ when type == typeof(IFileBacking) => new ByteBacking(1),
        _ when type == typeof(IPageSource) => new CallingSource(),
        _ when type == typeof(GuestFile) => world.CreateFile("argument", 1),
        _ when type == typeof(Stream) => Stream.Null,
        _ when type == typeof(UserProcess) => world.First,
        _ when type == typeof(AddressSpace) => world.Memory,
        _ when type == typeof(IEnumerable<int>) => Array.Empty<int>(),
        _ when type == typeof(WatchedAccesses) => WatchedAccesses.All,
        _ when type == typeof(Action<WatchedAccess>) => (Action<WatchedAccess>)(static _ => { }),
        { IsValueType: true } => Activator.CreateInstance(type),
        _ => null,
    };

    private static SwapDevice SomeDevice()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out SwapDevice? device));
        return device!;
    }
}
