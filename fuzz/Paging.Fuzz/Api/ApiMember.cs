using System.Reflection;
using System.Reflection.Emit;

namespace Paging.Fuzz;

/// <summary>One member of the public surface, callable with boxed arguments: spans are passed as arrays.</summary>
internal sealed class ApiMember
{
    private static readonly MethodInfo ToLength =
        typeof(ApiMember).GetMethod(nameof(LengthOf), BindingFlags.NonPublic | BindingFlags.Static)!;

    private readonly MethodBase _method;
    private readonly ParameterInfo[] _parameters;
    private Func<object?, object?[], object?>? _call;

    public ApiMember(MethodBase method)
    {
        _method = method;
        _parameters = method.GetParameters();
        string arguments = string.Join(", ", _parameters.Select(static one => NameOf(one.ParameterType)));
        string generic = method is { IsGenericMethod: true } ? $"<{NameOf(method.GetGenericArguments()[0])}>" : "";
        Name = $"{NameOf(method.DeclaringType!)}.{method.Name}{generic}({arguments})";
    }

    /// <summary>Type, name and parameter types.</summary>
    public string Name { get; }

    public Type Type => _method.DeclaringType!;

    /// <summary>The arguments of the call: the object first if it is an instance member.</summary>
    public IReadOnlyList<ParameterInfo> Parameters => _parameters;

    public bool NeedsObject => _method is { IsStatic: false, IsConstructor: false };

    /// <summary>Calls the member. Results and <c>out</c> arguments come back as objects.</summary>
    public object? Call(object? target, object?[] arguments)
    {
        _call ??= Compile();
        return _call(target, arguments);
    }

    private static int LengthOf<T>(ReadOnlySpan<T> span) => span.Length;

    private static string NameOf(Type type) => type switch
    {
        { IsByRef: true } => $"ref {NameOf(type.GetElementType()!)}",
        { IsGenericType: true } => $"{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>",
        _ => type.Name,
    };

    private Func<object?, object?[], object?> Compile()
    {
        Type[] parameters = [typeof(object), typeof(object?[])];
        DynamicMethod stub = new("call", typeof(object), parameters, typeof(ApiMember).Module, skipVisibility: true);
        ILGenerator il = stub.GetILGenerator();
        if (NeedsObject)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(Type.IsValueType ? OpCodes.Unbox : OpCodes.Castclass, Type);
        }

        LocalBuilder?[] locals = new LocalBuilder?[_parameters.Length];
        for (int i = 0; i < _parameters.Length; i++) Load(il, i, out locals[i]);
        if (_method is ConstructorInfo constructor) il.Emit(OpCodes.Newobj, constructor);
        else il.Emit(Type.IsValueType || _method.IsStatic ? OpCodes.Call : OpCodes.Callvirt, (MethodInfo)_method);
        Type result = _method is MethodInfo method ? method.ReturnType : Type;
        if (result == typeof(void)) il.Emit(OpCodes.Ldnull);
        else Box(il, result);
        LocalBuilder returned = il.DeclareLocal(typeof(object));
        il.Emit(OpCodes.Stloc, returned);
        for (int i = 0; i < locals.Length; i++)
        {
            if (locals[i] is not { } local) continue;
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldc_I4, i);
            il.Emit(OpCodes.Ldloc, local);
            Box(il, local.LocalType);
            il.Emit(OpCodes.Stelem_Ref);
        }

        il.Emit(OpCodes.Ldloc, returned);
        il.Emit(OpCodes.Ret);
        return stub.CreateDelegate<Func<object?, object?[], object?>>();
    }

    /// <summary>Puts an argument on the stack; a reference is one to a local, whose value is handed back.</summary>
    private void Load(ILGenerator il, int index, out LocalBuilder? local)
    {
        Type type = _parameters[index].ParameterType;
        Type value = type.IsByRef ? type.GetElementType()! : type;
        local = null;
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldc_I4, index);
        il.Emit(OpCodes.Ldelem_Ref);
        if (value.IsByRefLike)
        {
            Type item = value.GetGenericArguments()[0];
            il.Emit(OpCodes.Castclass, item.MakeArrayType());
            il.Emit(OpCodes.Newobj, value.GetConstructor([item.MakeArrayType()])!);
        }
        else
        {
            il.Emit(OpCodes.Unbox_Any, value);
        }

        if (!type.IsByRef) return;
        local = il.DeclareLocal(value);
        il.Emit(OpCodes.Stloc, local);
        il.Emit(OpCodes.Ldloca, local);
    }

    private static void Box(ILGenerator il, Type type)
    {
        if (type.IsByRef)
        {
            il.Emit(OpCodes.Ldobj, type.GetElementType()!);
            type = type.GetElementType()!;
        }

        if (type is { IsByRefLike: true, IsGenericType: false })    // no span: a scope that ends when it is disposed
        {
            LocalBuilder scope = il.DeclareLocal(type);
            il.Emit(OpCodes.Stloc, scope);
            il.Emit(OpCodes.Ldloca, scope);
            il.Emit(OpCodes.Call, type.GetMethod("Dispose", Type.EmptyTypes)!);
            il.Emit(OpCodes.Ldc_I4_0);
            type = typeof(int);
        }

        if (type.IsByRefLike)
        {
            Type item = type.GetGenericArguments()[0];
            if (type.GetGenericTypeDefinition() == typeof(Span<>))
                il.Emit(OpCodes.Call, type.GetMethod("op_Implicit", [type])!);
            il.Emit(OpCodes.Call, ToLength.MakeGenericMethod(item));
            type = typeof(int);
        }

        if (type.IsPointer) type = typeof(nint);
        if (type.IsValueType) il.Emit(OpCodes.Box, type);
    }
}
